"""Possible duplicates of a request: other requests, and accounts of the identity provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, select

from config.reference.names import Likeness, compare, folded
from config.sql.database import Database
from enrollment.idp_client import IdpClient, IdpRefused, IdpUnavailable
from enrollment.office.operators import Operator
from enrollment.requests.models import EnrollmentRequest

MOST: Final = 5
COMPARED: Final = 200  # requests of one kind of likeness, the newest first
SAME_BEGINNING: Final = 3  # letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An account, or another request, that may be of the same person.

    Attributes:
        handle: of the account; "" for a request.
        title: the username of the account, or the reference of the request.
        is_disabled: the account is closed.
        name, rpps, email, profession: its values.
        likeness: by the name of a field that both have, how alike it is.
    """

    handle: str = ""
    title: str
    is_disabled: bool = False
    name: str
    rpps: str
    email: str
    profession: str
    likeness: Mapping[str, Likeness]


def other_requests(database: Database, request: EnrollmentRequest) -> tuple[Candidate, ...]:
    """Requests of the same number, address or names, or of names that are written alike; at most `MOST`.

    Each is looked for by itself: many newer requests of alike names do not hide one of the same number.
    """
    table = EnrollmentRequest.__table__
    beginning = folded(request.family_name)[:SAME_BEGINNING]
    alike = [table.c.rpps == request.rpps] if request.rpps else []
    if request.email:
        alike.append(table.c.email.in_({request.email, request.email.lower()}))
    if len(beginning) == SAME_BEGINNING:
        alike.append(table.c.folded_name.startswith(beginning, autoescape=True))
    found: dict[str, EnrollmentRequest] = {}
    with database.reading() as connection:
        for condition in alike:
            others = and_(table.c.id != request.id, table.c.submitted_at.is_not(None), condition)
            newest = select(table).where(others).order_by(table.c.submitted_at.desc()).limit(COMPARED)
            found |= {row.id: EnrollmentRequest(**row._mapping) for row in connection.execute(newest)}
    candidates = [_of_request(request, each) for each in found.values()]
    wanted = [each for each in candidates if _is_near(each)]
    return tuple(sorted(wanted, key=lambda each: -sum(each.likeness.values()))[:MOST])


def matching_accounts(idp: IdpClient, request: EnrollmentRequest, operator: Operator) -> tuple[Candidate, ...] | None:
    """The accounts that the identity provider finds; None when it cannot be asked."""
    try:
        found = idp.matches(
            {
                "operator": operator.subject,
                "rpps": request.rpps,
                "email": request.email,
                "family_name": request.family_name,
                "given_name": request.given_name,
                "birth_name": request.birth_name,
            }
        )
    except (IdpUnavailable, IdpRefused):
        return None
    return tuple(_of_account(request, each) for each in found[:MOST])


def _of_request(request: EnrollmentRequest, other: EnrollmentRequest) -> Candidate:
    return Candidate(
        title=other.reference or "",
        name=f"{other.given_name} {other.family_name}",
        rpps=other.rpps,
        email=other.email,
        profession=other.profession,
        likeness={
            "name": min(_names(request, other.family_name), compare(request.given_name, other.given_name)),
            **_exact(request, other.rpps, other.email, other.profession),
        },
    )


def _of_account(request: EnrollmentRequest, match: Mapping[str, Any]) -> Candidate:
    name, rpps, email, profession = (_text(match, each) for each in ("name", "rpps", "email", "profession"))
    whole = f"{request.given_name} {request.family_name}"
    by_birth = f"{request.given_name} {request.birth_name}"
    return Candidate(
        handle=_text(match, "handle"),
        title=_text(match, "username"),
        is_disabled=match.get("disabled") is True,
        name=name,
        rpps=rpps,
        email=email,
        profession=profession,
        likeness={
            "name": max(compare(whole, name), compare(by_birth, name)),
            **_exact(request, rpps, email, profession),
        },
    )


def _names(request: EnrollmentRequest, family_name: str) -> Likeness:
    return max(compare(request.family_name, family_name), compare(request.birth_name, family_name))


def _exact(request: EnrollmentRequest, rpps: str, email: str, profession: str) -> Mapping[str, Likeness]:
    pairs = {
        "rpps": (request.rpps, rpps),
        "email": (request.email, email),
        "profession": (request.profession, profession),
    }
    return {
        field: Likeness.SAME if mine.casefold() == other.casefold() else Likeness.DIFFERENT
        for field, (mine, other) in pairs.items()
        if mine and other
    }


def _is_near(candidate: Candidate) -> bool:
    likeness = candidate.likeness
    return Likeness.SAME in (likeness.get("rpps"), likeness.get("email")) or likeness["name"] > Likeness.DIFFERENT


def _text(match: Mapping[str, Any], name: str) -> str:
    value = match.get(name)
    return value[:254] if isinstance(value, str) else ""


def handles(accounts: Sequence[Candidate]) -> frozenset[str]:
    """The handles of these accounts."""
    return frozenset(each.handle for each in accounts if each.handle)
