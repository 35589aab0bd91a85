"""The body of a provisioning: the account, and what it may use, as an operator has decided.

The identity provider reads exactly this (docs/enrollment-interface.md).
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.person import PERSON_FIELDS
from enrollment.requests.vocabulary import FilledBy, PartKind, RequestKind

_NUMBERS = ("rpps", "adeli")


def provisioning_body(
    request: EnrollmentRequest,
    accepted: Iterable[RequestPart],
    *,
    operator: str,
    account: str | None,
    words: str = "",
    answered: Collection[str] = (),
) -> dict[str, Any]:
    """What the identity provider is to do.

    Args:
        accepted: the parts to deliver; that of the account is told by `account` of the body.
        operator: the subject of the operator in whose name it is done.
        account: the handle of the account, when a former provisioning or an operator has named it.
        words: the operator's words to the person, for the letter.
        answered: the fields that the person could change after an operator had filled in the request with them.
    """
    parts = sorted(accepted, key=lambda part: (part.kind, part.name))
    reopen = any(part.kind == PartKind.ACCOUNT for part in parts)
    return {
        "operator": operator,
        "reference": request.reference,
        "account": _account(request, account, reopen=reopen, answered=answered),
        "communities": [{"name": part.name, **_terms(part)} for part in parts if part.kind == PartKind.COMMUNITY],
        "entitlements": [
            {"client_id": part.name, **_terms(part)} for part in parts if part.kind == PartKind.APPLICATION
        ],
        "card": request.card_identity,
        "continue_to": request.target_application,
        "words": words,
    }


def _account(
    request: EnrollmentRequest, account: str | None, *, reopen: bool, answered: Collection[str]
) -> dict[str, Any]:
    """The account. With `reopen`, which stands for an accepted account, a disabled one is opened again."""
    if account is not None:
        return {"handle": account, "reopen": reopen}
    if request.account_subject is not None:
        return {"subject": request.account_subject}
    return {"new": _new_account(request, answered)}


def _new_account(request: EnrollmentRequest, answered: Collection[str]) -> dict[str, Any]:
    person = {name: getattr(request, name) for name in PERSON_FIELDS if name not in _NUMBERS}
    return person | {
        "language": request.language,
        "email_verified_at": _instant(request.email_verified_at),
        "identifiers": [
            {"kind": kind, "value": value, "proof": _proof(request, kind, answered)}
            for kind in _NUMBERS
            if (value := getattr(request, kind))
        ],
        "conditions": None
        if request.conditions_version is None
        else {
            "version": request.conditions_version,
            "language": request.conditions_language,
            "accepted_at": _instant(request.conditions_accepted_at),
        },
    }


def _proof(request: EnrollmentRequest, kind: str, answered: Collection[str]) -> str:
    """How a number was shown to be this person's own. A register proves nothing: its numbers are public.

    No operator has seen evidence of a number that the person has typed in an answer since.
    """
    if request.card_identity is not None and request.filled_by.get(kind) == FilledBy.CARD:
        return "card"
    is_seen = request.kind == RequestKind.IN_PERSON and kind not in answered
    return "operator" if is_seen else "typed"


def _terms(part: RequestPart) -> dict[str, Any]:
    return {
        "role": part.role,
        "starts_at": _instant(part.starts_at),
        "ends_at": _instant(part.ends_at),
        "reason": part.reason,
    }


def _instant(at: datetime | None) -> str | None:
    """RFC 3339, in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
