"""Reads a CSV file of people to invite: a header line, then one person a line, with every problem at once.

The separator is `;` or `,`, as spreadsheets write them. Lists in a field are separated by spaces.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice

from config.escaping import is_invisible
from config.mail_addresses import is_address
from enrollment.invitations.problems import (
    COLUMNS,
    LAST_YEAR,
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
            if any(map(is_invisible, value)) or len(value) > LONGEST_NAME:
                found.append(fault)
        if self.language not in ("fr", "en"):
            found.append(InviteeFault.LANGUAGE)
        if self.until is not None and self.until.year > LAST_YEAR:
            found.append(InviteeFault.UNTIL_SHAPE)
        return found


Faults = Iterable[tuple[InviteeFault, str]]
"""What is wrong with one person, each with the name that is refused, or ""."""


def faults_of_shape(invitee: Invitee) -> Faults:
    """What can be said of a person without the offer."""
    return ((fault, "") for fault in invitee.faults())


def read_invitees(text: str, faults_of: Callable[[Invitee], Faults] = faults_of_shape) -> tuple[Invitee, ...]:
    """The people in a CSV text. `faults_of` is asked of each of them what is wrong.

    Raises:
        InviteesRefused: any of them cannot be invited; with every fault of every line, and at most `MOST_PROBLEMS`.
    """
    invitees: list[Invitee] = []
    if problems := list(islice(_problems(text, faults_of, invitees), MOST_PROBLEMS)):
        raise InviteesRefused(problems)
    return tuple(invitees)


def _problems(text: str, faults_of: Callable[[Invitee], Faults], invitees: list[Invitee]) -> Iterator[InviteeProblem]:
    """Every problem of the file, in the order of its lines. The people are added to `invitees` as they are read."""
    first_line = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first_line else ",", restkey="", strict=True)
    try:
        names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        if "email" not in names or set(names) - set(COLUMNS):
            yield InviteeProblem(fault=InviteeFault.HEADER, line=1)
            return
        reader.fieldnames = names
        mailboxes: set[str] = set()
        for number, row in _rows(reader):
            invitee, misread = invitee_of(row)
            if invitee.email.lower() in mailboxes:
                misread.append(InviteeFault.TWICE)
            mailboxes.add(invitee.email.lower())
            invitees.append(invitee)
            if len(invitees) > MOST_INVITEES:
                yield InviteeProblem(fault=InviteeFault.TOO_MANY)
                return
            for fault, detail in (*((fault, "") for fault in misread), *faults_of(invitee)):
                yield InviteeProblem(fault=fault, line=number, email=invitee.email, detail=detail)
    except csv.Error as wrong:
        yield InviteeProblem(fault=InviteeFault.CSV, line=reader.line_num, detail=str(wrong))
        return
    if not invitees:
        yield InviteeProblem(fault=InviteeFault.NOBODY)


def _rows(reader: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, str]]]:
    """The lines that are not empty; one with more fields than columns keeps them under ""."""
    for row in reader:
        if "" in row or any((value or "").strip() for value in row.values()):
            yield (
                reader.line_num,
                {name: value.strip() if isinstance(value, str) else "" for name, value in row.items()},
            )


def invitee_of(row: Mapping[str, str]) -> tuple[Invitee, list[InviteeFault]]:
    """The person of a line or of a form, and what of it could not be read."""
    misread = [InviteeFault.FIELDS] if "" in row else []
    until = row.get("until", "")
    try:
        last_day = date.fromisoformat(until) if until else None
    except ValueError:
        last_day = None
        misread.append(InviteeFault.UNTIL_SHAPE)
    invitee = Invitee(
        email=row["email"],
        given_name=row.get("given_name", ""),
        family_name=row.get("family_name", ""),
        language=row.get("language", "") or "fr",
        communities=tuple(row.get("communities", "").split()),
        applications=tuple(row.get("applications", "").split()),
        until=last_day,
    )
    return invitee, misread
