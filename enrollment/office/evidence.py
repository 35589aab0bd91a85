"""The evidence of a request, graded: what was verified, what was only typed, and what each proves.

The codes have their sentences in `office/messages.py`: `evidence.<kind>` names the evidence,
`evidence.<kind>.<outcome>` the result, and the same with `.worth` what it proves.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from config.reference.numbers import ProfessionalNumber, read_rpps
from enrollment.register.matching import Claim, RegisterOutcome, evidence_for
from enrollment.register.register import Register
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.vocabulary import RequestKind


class Grade(StrEnum):
    """How far evidence is to be trusted; the value is the class of its tag."""

    GOOD = "done"
    DOUBTFUL = "warning"
    BAD = "fault"
    NONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One line of evidence. `detail` is what the register or the form has; `of` is the date of the register."""

    code: str
    outcome: str
    grade: Grade
    detail: str = ""
    of: datetime | None = None


def evidence_of(request: EnrollmentRequest, register: Register) -> tuple[Evidence, ...]:
    """The evidence that enrollment itself has, from the strongest to the weakest."""
    return (
        _card(request),
        *_known_person(request),
        _email(request),
        *_number(request),
        *_register(request, register),
    )


def claim_of(request: EnrollmentRequest) -> Claim:
    """What the person says of themselves, to compare with the register."""
    return Claim(
        rpps=request.rpps,
        family_name=request.family_name,
        given_name=request.given_name,
        birth_name=request.birth_name,
        profession=request.profession,
        postcode=request.postcode,
    )


def has_wrong_key(rpps: str) -> bool:
    """Whether the check digit of an RPPS number is wrong."""
    read = read_rpps(rpps)
    return not isinstance(read, ProfessionalNumber) or read.warning is not None


def _card(request: EnrollmentRequest) -> Evidence:
    if request.card_identity is not None:
        return Evidence(code="card", outcome="verified", grade=Grade.GOOD)
    return Evidence(code="card", outcome="none", grade=Grade.NONE)


def _known_person(request: EnrollmentRequest) -> tuple[Evidence, ...]:
    found = []
    if request.account_subject is not None:
        found.append(Evidence(code="account", outcome="signed-in", grade=Grade.GOOD))
    if request.kind == RequestKind.IN_PERSON:
        found.append(Evidence(code="in-person", outcome="seen", grade=Grade.GOOD))
    if request.invitation_id is not None:
        found.append(Evidence(code="invitation", outcome="used", grade=Grade.GOOD))
    return tuple(found)


def _email(request: EnrollmentRequest) -> Evidence:
    if request.email_verified_at is not None:
        return Evidence(code="email", outcome="verified", grade=Grade.GOOD)
    return Evidence(code="email", outcome="unverified", grade=Grade.DOUBTFUL)


def _number(request: EnrollmentRequest) -> tuple[Evidence, ...]:
    """A person with an account is not asked for their number again."""
    if not request.rpps:
        missing = Evidence(code="rpps", outcome="none", grade=Grade.DOUBTFUL)
        return () if request.account_subject is not None else (missing,)
    if has_wrong_key(request.rpps):
        return (Evidence(code="rpps", outcome="wrong-key", grade=Grade.DOUBTFUL),)
    return (Evidence(code="rpps", outcome="well-formed", grade=Grade.NONE),)


def _register(request: EnrollmentRequest, register: Register) -> tuple[Evidence, ...]:
    if not request.rpps:
        return ()
    found = evidence_for(register, claim_of(request))
    grade = {
        RegisterOutcome.MATCHED: Grade.GOOD,
        RegisterOutcome.DIFFERS: Grade.DOUBTFUL,
        RegisterOutcome.UNKNOWN: Grade.BAD,
        RegisterOutcome.NO_REGISTER: Grade.NONE,
    }[found.outcome]
    registered = ", ".join(difference.registered for difference in found.differences)
    lines = [
        Evidence(code="register", outcome=found.outcome, grade=grade, detail=registered, of=found.published_at),
    ]
    if found.practises_there is not None:
        places = ", ".join(" ".join(filter(None, (each.structure, each.town))) for each in found.workplaces[:3])
        outcome, graded = ("there", Grade.GOOD) if found.practises_there else ("elsewhere", Grade.DOUBTFUL)
        lines.append(Evidence(code="workplace", outcome=outcome, grade=graded, detail=places))
    return tuple(lines)
