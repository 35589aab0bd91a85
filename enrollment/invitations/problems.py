"""Why people are not invited: for each problem its code, and the line of the file or the address that it is about.

A page says the sentence of the code (`office/messages.py`); commands write the problem in English.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

COLUMNS: Final = ("email", "given_name", "family_name", "language", "communities", "applications", "until")
"""The columns that a file may have."""
MOST_INVITEES: Final = 2_000
LONGEST_NAME: Final = 120
LAST_YEAR: Final = 2199
MOST_PROBLEMS: Final = 200
"""How many problems of a file are told; it is read no further."""


class InviteeFault(StrEnum):
    """What is wrong with a person to invite, or with a file of them."""

    EMAIL = "invitee.email"
    GIVEN_NAME = "invitee.given_name"
    FAMILY_NAME = "invitee.family_name"
    LANGUAGE = "invitee.language"
    UNTIL_SHAPE = "invitee.until-shape"
    UNTIL_PASSED = "invitee.until-passed"
    OFFER_AWAY = "invitee.offer-away"
    NO_COMMUNITY = "invitee.no-community"
    NO_APPLICATION = "invitee.no-application"
    COMMUNITY_OF_OTHERS = "invitee.community-of-others"
    APPLICATION_OF_OTHERS = "invitee.application-of-others"
    TWICE = "invitees.twice"
    HEADER = "invitees.header"
    FIELDS = "invitees.fields"
    CSV = "invitees.csv"
    NOT_TEXT = "invitees.not-text"
    TOO_MANY = "invitees.too-many"
    TOO_OFTEN = "invitees.too-often"
    NOBODY = "invitees.nobody"


_IN_ENGLISH: Final = {
    InviteeFault.EMAIL: "email: must be one address such as jeanne.dupont@exemple.test",
    InviteeFault.GIVEN_NAME: f"given_name: must be one line of at most {LONGEST_NAME} characters",
    InviteeFault.FAMILY_NAME: f"family_name: must be one line of at most {LONGEST_NAME} characters",
    InviteeFault.LANGUAGE: "language: must be fr or en",
    InviteeFault.UNTIL_SHAPE: "until: must be a day such as 2027-01-31",
    InviteeFault.UNTIL_PASSED: "until: has passed",
    InviteeFault.OFFER_AWAY: "the identity provider does not answer, so what is approved cannot be checked",
    InviteeFault.NO_COMMUNITY: "communities: there is no {detail!r}",
    InviteeFault.NO_APPLICATION: "applications: there is no {detail!r}",
    InviteeFault.COMMUNITY_OF_OTHERS: "communities: the inviter does not answer for {detail!r}",
    InviteeFault.APPLICATION_OF_OTHERS: "applications: the inviter does not answer for {detail!r}",
    InviteeFault.TWICE: "email: is that of an earlier line: each mailbox gets one letter",
    InviteeFault.HEADER: f"must name columns among {', '.join(COLUMNS)}, and email must be one",
    InviteeFault.FIELDS: "has more fields than the first line has columns",
    InviteeFault.CSV: "{detail}",
    InviteeFault.NOT_TEXT: "{detail}",
    InviteeFault.TOO_MANY: f"has more than {MOST_INVITEES:,} people: divide the file",
    InviteeFault.TOO_OFTEN: "the inviter has invited as many people as they may in an hour: try again in an hour",
    InviteeFault.NOBODY: "names nobody",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteeProblem:
    """One problem; `line` is that of the file, `email` the address as typed, `detail` the name that is refused."""

    fault: InviteeFault
    line: int | None = None
    email: str = ""
    detail: str = ""

    def __str__(self) -> str:
        where = self.email if self.line is None else f"line {self.line}"
        sentence = _IN_ENGLISH[self.fault].format(detail=self.detail)
        return f"{where}: {sentence}" if where else sentence


class InviteesRefused(Exception):
    """Nobody is invited; `found` has every problem."""

    def __init__(self, found: Iterable[InviteeProblem]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(self.problems))

    @property
    def problems(self) -> list[str]:
        """The problems as sentences, each of which begins with its line or address."""
        return [str(problem) for problem in self.found]
