"""Reads a CSV file of people to invite: a header line, then one person a line, with every problem at once.

The separator is `;` or `,`, as spreadsheets write them. Lists in a field are separated by spaces.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from config.mail_addresses import is_address, is_line

COLUMNS: Final = ("email", "given_name", "family_name", "language", "communities", "applications", "until")
MOST_INVITEES: Final = 2_000
LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """A person to invite, and what is approved beforehand.

    Attributes:
        until: the last day on which the invitation is good; None for that of the settings.
    """

    email: str
    given_name: str = ""
    family_name: str = ""
    language: str = "fr"
    communities: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    until: date | None = None

    def problems(self) -> list[str]:
        """Everything that keeps this from being an invitation, one sentence each."""
        problems = []
        if not is_address(self.email):
            problems.append("email: must be one address such as jeanne.dupont@exemple.test")
        for name in ("given_name", "family_name"):
            value = getattr(self, name)
            if not is_line(value) or len(value) > LONGEST_NAME:
                problems.append(f"{name}: must be one line of at most {LONGEST_NAME} characters")
        if self.language not in ("fr", "en"):
            problems.append("language: must be fr or en")
        return problems


class InviteesRefused(Exception):
    """The file is refused, and nobody is invited; `problems` are sentences that begin with the number of the line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read_invitees(text: str) -> tuple[Invitee, ...]:
    """The people in a CSV text.

    Raises:
        InviteesRefused: any of them cannot be invited.
    """
    first_line = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first_line else ",", restkey="", strict=True)
    problems: list[str] = []
    invitees: list[Invitee] = []
    try:
        names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        if "email" not in names or set(names) - set(COLUMNS):
            raise InviteesRefused([f"line 1: must name columns among {', '.join(COLUMNS)}, and email must be one"])
        reader.fieldnames = names
        for number, row in _rows(reader):
            try:
                invitee = _invitee(row)
            except ValueError as wrong:
                problems.append(f"line {number}: {wrong}")
                continue
            problems += [f"line {number}: {problem}" for problem in invitee.problems()]
            invitees.append(invitee)
    except csv.Error as wrong:
        problems.append(f"line {reader.line_num}: {wrong}")
    if len(invitees) > MOST_INVITEES:
        problems.append(f"has more than {MOST_INVITEES:,} people: divide the file")
    if not invitees and not problems:
        problems.append("names nobody")
    if problems:
        raise InviteesRefused(problems)
    return tuple(invitees)


def _rows(reader: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, str]]]:
    for row in reader:
        if "" in row:
            raise csv.Error("has more fields than the first line has columns")
        if any((value or "").strip() for value in row.values()):
            yield reader.line_num, {name: (value or "").strip() for name, value in row.items()}


def _invitee(row: Mapping[str, str]) -> Invitee:
    """
    Raises:
        ValueError: the day is not one.
    """
    until = row.get("until", "")
    try:
        last_day = date.fromisoformat(until) if until else None
    except ValueError:
        raise ValueError("until: must be a day such as 2027-01-31") from None
    return Invitee(
        email=row["email"],
        given_name=row.get("given_name", ""),
        family_name=row.get("family_name", ""),
        language=row.get("language", "") or "fr",
        communities=tuple(row.get("communities", "").split()),
        applications=tuple(row.get("applications", "").split()),
        until=last_day,
    )
