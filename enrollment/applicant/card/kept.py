"""What a draft keeps of a card: its identity, and the fields of the person that it fills."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from card_bridge.identity import CardIdentity
from config.reference.national_ids import IdentifierType, number_of
from config.reference.professions import PROFESSIONS
from config.sql.database import Database
from enrollment.applicant.drafts import lock_draft
from enrollment.applicant.person_fields import read_person
from enrollment.requests.card import forget_reading, withdraw_proof
from enrollment.requests.links import is_token
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.person import fold_name
from enrollment.requests.requests import touch
from enrollment.requests.vocabulary import FilledBy

_NUMBERS: Final = {"rpps": IdentifierType.RPPS, "adeli": IdentifierType.ADELI}
"""The fields that hold the number of an identifier."""
_IDENTITY: Final = frozenset({"family_name", "given_name", *_NUMBERS})


def fields_of(identity: CardIdentity) -> dict[str, str]:
    """The fields of a person that a card fills: those that it has, in the form in which a person could type them.

    The others are left to the person: what step 2 would not take, the identity provider would not take either.
    """
    said = {"family_name": identity.family_name, "given_name": identity.given_name}
    numbers = {name: number_of(identity.national_id, of_type) for name, of_type in _NUMBERS.items()}
    said |= {name: number for name, number in numbers.items() if number is not None}
    read = read_person(said, fields=said, required=(), confirmed=_NUMBERS)
    wrong = {name for name, _ in read.problems}
    fields = {name: value for name, value in read.person.items() if value and name not in wrong}
    return fields | ({"profession": identity.profession} if identity.profession in PROFESSIONS else {})


def kept_card(request: EnrollmentRequest) -> CardIdentity | None:
    """The card that the request keeps."""
    return None if request.card_identity is None else CardIdentity.of_record(request.card_identity)


def keep_card(database: Database, key: str | None, identity: CardIdentity) -> bool:
    """Keep a card in the draft of this browser, in place of an earlier one; False when there is no such draft."""
    if key is None or not is_token(key):
        return False
    with database.transaction() as session:
        draft = lock_draft(session, key)
        if draft is None:
            return False
        forget_reading(draft)
        draft.card_identity = identity.as_record()
        fields = fields_of(identity)
        for name, value in fields.items():
            setattr(draft, name, value)
        draft.filled_by = draft.filled_by | dict.fromkeys(fields, FilledBy.CARD.value)
        fold_name(draft)
        touch(draft, now=datetime.now(UTC))
    return True


def forget_card(database: Database, key: str | None) -> None:
    """Remove the card from the draft of this browser, with everything that it has filled."""
    if key is None or not is_token(key):
        return
    with database.transaction() as session:
        draft = lock_draft(session, key)
        if draft is not None and draft.card_identity is not None:
            forget_reading(draft)
            touch(draft, now=datetime.now(UTC))


def correct(request: EnrollmentRequest, person: Mapping[str, str]) -> None:
    """Replace fields by what the person now says. A card that has another name or number no longer proves who they are:
    the request then has no card.
    """
    changed = {name: value for name, value in person.items() if value != getattr(request, name)}
    if any(request.filled_by.get(name) == FilledBy.CARD for name in _IDENTITY & changed.keys()):
        withdraw_proof(request)
    for name, value in changed.items():
        setattr(request, name, value)
    request.filled_by = {name: source for name, source in request.filled_by.items() if name not in changed}
