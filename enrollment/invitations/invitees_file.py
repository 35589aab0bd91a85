"""Reads a CSV file of people to invite: a header line, then one person a line, with every problem at once.

The separator is `;` or `,`, as spreadsheets write them. Lists in a field are separated by spaces.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from config.mail_addresses import is_address, is_line
from enrollment.invitations.problems import (
    COLUMNS,
    LONGEST_NAME,
    MOST_INVITEES,
    MOST_PROBLEMS,
    InviteeFault,
    InviteeProblem,
    InviteesRefused,
)


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

    def faults(self) -> list[InviteeFault]:
        """Everything that keeps this from being an invitation."""
        found = []
        if not is_address(self.email):
            found.append(InviteeFault.EMAIL)
        for value, fault in (
            (self.given_name, InviteeFault.GIVEN_NAME),
            (self.family_name, InviteeFault.FAMILY_NAME),
        ):
            if not is_line(value) or len(value) > LONGEST_NAME:
                found.append(fault)
        if self.language not in ("fr", "en"):
            found.append(InviteeFault.LANGUAGE)
        return found


def read_invitees(text: str) -> tuple[Invitee, ...]:
    """The people in a CSV text.

    Raises:
        InviteesRefused: any of them cannot be invited; with at most `MOST_PROBLEMS` problems and those of one line.
    """
    first_line = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first_line else ",", restkey="", strict=True)
    problems: list[InviteeProblem] = []
    invitees: list[Invitee] = []
    try:
        names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        if "email" not in names or set(names) - set(COLUMNS):
            raise InviteesRefused([InviteeProblem(fault=InviteeFault.HEADER, line=1)])
        reader.fieldnames = names
        for number, row in _rows(reader):
            if len(problems) >= MOST_PROBLEMS:
                break
            if "" in row:
                problems.append(InviteeProblem(fault=InviteeFault.FIELDS, line=number))
                continue
            invitee = invitee_of(row)
            faults = [InviteeFault.UNTIL_SHAPE] if invitee is None else invitee.faults()
            problems += [InviteeProblem(fault=fault, line=number) for fault in faults]
            if invitee is not None:
                invitees.append(invitee)
    except csv.Error as wrong:
        problems.append(InviteeProblem(fault=InviteeFault.CSV, line=reader.line_num, detail=str(wrong)))
    if len(invitees) > MOST_INVITEES:
        problems.append(InviteeProblem(fault=InviteeFault.TOO_MANY))
    if not invitees and not problems:
        problems.append(InviteeProblem(fault=InviteeFault.NOBODY))
    if problems:
        raise InviteesRefused(problems)
    return tuple(invitees)


def _rows(reader: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, str]]]:
    """The lines that are not empty; one with more fields than columns keeps them under ""."""
    for row in reader:
        if "" in row or any((value or "").strip() for value in row.values()):
            yield (
                reader.line_num,
                {name: value.strip() if isinstance(value, str) else "" for name, value in row.items()},
            )


def invitee_of(row: Mapping[str, str]) -> Invitee | None:
    """The person of a line or of a form; None when the last day is not one."""
    until = row.get("until", "")
    try:
        last_day = date.fromisoformat(until) if until else None
    except ValueError:
        return None
    return Invitee(
        email=row["email"],
        given_name=row.get("given_name", ""),
        family_name=row.get("family_name", ""),
        language=row.get("language", "") or "fr",
        communities=tuple(row.get("communities", "").split()),
        applications=tuple(row.get("applications", "").split()),
        until=last_day,
    )
