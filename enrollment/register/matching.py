"""A request compared with the register: evidence for an operator, and a proposal for the form.

Numbers and names of professionals are public. That they match says that such a person exists and may practise; it never
says who is typing. The proposal tells nothing to a person who has typed a number alone
(docs/decisions/the-register-proposes-to-those-who-name-themselves.md).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from config.reference.names import Likeness, compare
from config.reference.professions import PROFESSIONS
from config.reference.titles import Civility, Title, civility_of, title_of
from enrollment.register.register import LookedUp, Register, RegisteredPerson, Workplace


class RegisterOutcome(StrEnum):
    """What comparing a request with the register gave."""

    MATCHED = "matched"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    """The register does not have this number."""
    NO_REGISTER = "no-register"
    """No extract was imported yet."""


class Field(StrEnum):
    """What is compared; the value is the name of the request's column."""

    FAMILY_NAME = "family_name"
    GIVEN_NAME = "given_name"
    PROFESSION = "profession"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a person says of themselves."""

    rpps: str
    family_name: str
    given_name: str
    birth_name: str = ""
    profession: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field that the register has otherwise."""

    field: Field
    registered: str
    is_similar: bool = False
    """A slip of the hand, or one of the names of a double name."""
    is_birth_name: bool = False
    """The register still has the name that the person gives as their birth name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEvidence:
    """The outcome, with the date of the extract that gave it.

    Names and profession decide on the outcome. The postcode does not: people move, and the register follows later.
    """

    outcome: RegisterOutcome
    published_at: datetime | None = None
    differences: tuple[Difference, ...] = ()
    workplaces: tuple[Workplace, ...] = ()
    practises_there: bool | None = None
    """Whether a workplace has the postcode that was given; None when either is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the register proposes to fill in: to be shown as such, and to be chosen by the person."""

    profession: str | None
    title: Title | None
    civility: Civility | None
    workplaces: tuple[Workplace, ...]
    published_at: datetime


def evidence_for(register: Register, claim: Claim) -> RegisterEvidence:
    """What the register says of a claim."""
    return compared(register.find_by_rpps(claim.rpps), claim)


def compared(looked_up: LookedUp | None, claim: Claim) -> RegisterEvidence:
    """What the register says of a claim whose number was looked up; None is that there is no extract."""
    if looked_up is None:
        return RegisterEvidence(outcome=RegisterOutcome.NO_REGISTER)
    if looked_up.person is None:
        return RegisterEvidence(outcome=RegisterOutcome.UNKNOWN, published_at=looked_up.published_at)
    person = looked_up.person
    differences = _differences(claim, person)
    postcodes = {workplace.postcode for workplace in person.workplaces if workplace.postcode}
    return RegisterEvidence(
        outcome=RegisterOutcome.DIFFERS if differences else RegisterOutcome.MATCHED,
        published_at=looked_up.published_at,
        differences=differences,
        workplaces=person.workplaces,
        practises_there=claim.postcode in postcodes if claim.postcode and postcodes else None,
    )


def proposal_for(register: Register, claim: Claim) -> Proposal | None:
    """What to propose to a person who gave a number and both names of its holder; else None, whatever is wrong."""
    looked_up = register.find_by_rpps(claim.rpps)
    if looked_up is None or looked_up.person is None or not _names_match(claim, looked_up.person):
        return None
    return _proposal(looked_up.person, looked_up)


def _proposal(person: RegisteredPerson, looked_up: LookedUp) -> Proposal:
    known = [code for code in person.professions if code in PROFESSIONS]
    return Proposal(
        profession=known[0] if len(known) == 1 else None,  # of several, the person chooses
        title=title_of(person.title),
        civility=civility_of(person.civility),
        workplaces=person.workplaces,
        published_at=looked_up.published_at,
    )


def _names_match(claim: Claim, person: RegisteredPerson) -> bool:
    same_family_name = compare(claim.family_name, person.family_name) is Likeness.SAME
    return same_family_name and compare(claim.given_name, person.given_name) is Likeness.SAME


def _differences(claim: Claim, person: RegisteredPerson) -> tuple[Difference, ...]:
    found: list[Difference] = []
    for field, claimed, registered in (
        (Field.FAMILY_NAME, claim.family_name, person.family_name),
        (Field.GIVEN_NAME, claim.given_name, person.given_name),
    ):
        likeness = compare(claimed, registered)
        if likeness is not Likeness.SAME:
            found.append(
                Difference(
                    field=field,
                    registered=registered,
                    is_similar=likeness is Likeness.SIMILAR,
                    is_birth_name=field is Field.FAMILY_NAME and compare(claim.birth_name, registered) is Likeness.SAME,
                )
            )
    if claim.profession and person.professions and claim.profession not in person.professions:
        found.append(Difference(field=Field.PROFESSION, registered=person.professions[0]))
    return tuple(found)
