"""A request as the person reads it again: what they said of themselves, in blocks, and what they ask for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from enrollment.offer import Offer
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.person import in_words
from enrollment.requests.vocabulary import PartDecision, PartKind

BLOCKS: Final = {
    "identity": (
        "civility", "title", "family_name", "given_name", "birth_name", "rpps", "adeli", "profession",
    ),
    "address": ("street", "po_box", "postcode", "town", "cedex", "department", "country"),
    "contact": ("email", "telephone", "emergency_telephone", "mobile", "fax"),
    "directory": ("confidentiality",),
}  # fmt: skip
"""The fields of each block, in the order in which they are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A field with its value in words; of the confidentiality level, the code of the words. `source` may be ""."""

    field: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some fields that are read, and changed, together."""

    name: str
    first_field: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedOnPage:
    """Something that is asked for, by its display name, with the decision on it.

    `role` is the one that was granted, or the one that the person would like; `ends_at` is when the access ends.
    """

    id: str
    kind: str
    name: str
    reason: str
    role: str
    decision: str
    refusal_words: str
    ends_at: datetime | None = None


def blocks_of(request: EnrollmentRequest, language: str) -> tuple[Block, ...]:
    """What the person said of themselves; fields that are empty are left out."""
    blocks = []
    for name, fields in BLOCKS.items():
        facts = tuple(
            Fact(field=each, value=in_words(each, value, language), source=request.filled_by.get(each, ""))
            for each in fields
            if (value := str(getattr(request, each)))
        )
        blocks.append(Block(name=name, first_field=fields[0], facts=facts))
    return tuple(blocks)


def wanted_on_page(parts: Iterable[RequestPart], offer: Offer | None, language: str) -> tuple[WantedOnPage, ...]:
    """What is asked for. Something that the offer no longer has is shown by its own name."""
    return tuple(
        WantedOnPage(
            id=part.id,
            kind=part.kind,
            name=part.name if offer is None else offer.part_name(part.kind, part.name, language),
            reason=part.reason,
            role=_role(part, offer, language),
            decision=part.decision,
            refusal_words=part.refusal_words or "",
            ends_at=part.ends_at if part.decision == PartDecision.ACCEPTED else None,
        )
        for part in parts
    )


def _role(part: RequestPart, offer: Offer | None, language: str) -> str:
    application = offer.application(part.name) if offer and part.kind == PartKind.APPLICATION else None
    roles = {role.name: role.display_name.in_language(language) for role in application.roles} if application else {}
    role = (part.role if part.decision == PartDecision.ACCEPTED else part.wanted_role) or ""
    return roles.get(role, role)
