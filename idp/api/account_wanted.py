"""The account that a provisioning is for, and the card of its person, as its body says them."""

from dataclasses import fields
from typing import Any, Final

from card_bridge.identity import CardIdentity, CardIdentityMalformed
from config.reference.national_ids import IdentifierType, national_identifier
from config.reference.numbers import ProfessionalNumber, read_adeli, read_rpps
from idp.accounts.acceptance import AccountWanted, KnownHandle, KnownSubject, NewPerson
from idp.accounts.attributes import AccountAttributes
from idp.accounts.identifiers import Identifier
from idp.accounts.models import IdentifierKind, IdentifierProof, Language
from idp.accounts.new_account import NewAccount
from idp.accounts.snapshot import AcceptedConditions
from idp.api.fields import LONGEST_NAME, Members

_LONGEST_ATTRIBUTE: Final = 300  # characters; each attribute's own rule says less
_PROOFS: Final = {"typed": IdentifierProof.TYPED, "operator": IdentifierProof.OPERATOR, "card": IdentifierProof.CARD}
_TYPES: Final = {"rpps": IdentifierType.RPPS, "adeli": IdentifierType.ADELI}
_OF_NUMBERS: Final = frozenset({"national_id", "national_id_proof", "language"})


def read_card(body: Members) -> CardIdentity | None:
    """The card that the person presented to enrollment, as `POST /api/cards` has answered."""
    record = body.mapping("card")
    try:
        return CardIdentity.of_record(record) if record is not None else None
    except CardIdentityMalformed as malformed:
        body.refuse("card", str(malformed))
        return None


def read_account(body: Members, card: CardIdentity | None) -> AccountWanted:
    """The account of the body: exactly one of `new`, `subject` and `handle`."""
    account = body.members("account")
    nobody = KnownHandle(handle="")
    if account is None:
        if not body.has("account"):
            body.refuse("account", "must be given")
        return nobody
    new = account.members("new")
    subject, handle = (account.text(name, longest=LONGEST_NAME) for name in ("subject", "handle"))
    reopen = account.boolean("reopen")
    account.refuse_unknown()
    if [new is not None, bool(subject), bool(handle)].count(True) != 1:
        body.refuse("account", "must have exactly one of new, subject and handle")
        return nobody
    if new is not None:
        return _new_person(new, card)
    return KnownSubject(subject=subject) if subject else KnownHandle(handle=handle, reopen=reopen)


def _new_person(new: Members, card: CardIdentity | None) -> AccountWanted:
    names = [field.name for field in fields(AccountAttributes) if field.name not in _OF_NUMBERS]
    attributes: dict[str, Any] = {name: new.text(name, longest=_LONGEST_ATTRIBUTE) for name in names}
    attributes["language"] = _language(new, "language")
    national, identifiers = _identifiers(new, card)
    conditions, email_verified_at = _conditions(new), new.instant("email_verified_at")
    new.refuse_unknown()
    for name in ("given_name", "family_name", "email"):
        if not attributes[name]:
            new.refuse(name, "must be given")
    given = {name: value for name, value in attributes.items() if value}
    account = NewAccount(**({"given_name": "", "family_name": "", "email": ""} | given | national))
    if not new.problems:
        new.problems.extend(f"account.new.{problem}" for problem in account.problems())
    return NewPerson(
        account=account, identifiers=identifiers, conditions=conditions, email_verified_at=email_verified_at
    )


def _identifiers(new: Members, card: CardIdentity | None) -> tuple[dict[str, Any], tuple[Identifier, ...]]:
    """The national identifier, as attributes of the account, and the further numbers."""
    national: dict[str, Any] = {}
    further: list[Identifier] = []
    for item in new.listed("identifiers", most=8):
        kind, value = item.text("kind", longest=16, least=1), item.text("value", longest=40, least=1)
        proof = _PROOFS.get(item.text("proof", longest=16, least=1))
        item.refuse_unknown()
        if proof is None:
            item.refuse("proof", f"must be one of {', '.join(_PROOFS)}")
            continue
        read = {"rpps": read_rpps, "adeli": read_adeli}.get(kind)
        number = read(value) if read is not None else None
        if not isinstance(number, ProfessionalNumber):
            item.refuse("value" if read else "kind", "must be a number of the kind rpps or adeli")
        elif proof is IdentifierProof.CARD and (
            card is None or card.national_id != national_identifier(_TYPES[kind], number.value)
        ):
            item.refuse("proof", "card: no card of the body has this number")
        elif kind == "adeli":
            further.append(Identifier(kind=IdentifierKind.ADELI, value=number.value, proof=proof))
        elif national:
            item.refuse("kind", "rpps is listed twice")
        else:
            national = {
                "national_id": national_identifier(IdentifierType.RPPS, number.value),
                "national_id_proof": proof,
            }
    return national, tuple(further)


def _conditions(new: Members) -> AcceptedConditions | None:
    accepted = new.members("conditions")
    if accepted is None:
        return None
    version, at = accepted.text("version", longest=32, least=1), accepted.instant("accepted_at")
    language = _language(accepted, "language")
    accepted.refuse_unknown()
    if at is None:
        if not accepted.has("accepted_at"):
            accepted.refuse("accepted_at", "must be given")
        return None
    return AcceptedConditions(version=version, language=language, accepted_at=at)


def _language(members: Members, name: str) -> Language:
    given = members.text(name, longest=8) or Language.FRENCH.value
    if given not in tuple(Language):
        members.refuse(name, "must be fr or en")
        return Language.FRENCH
    return Language(given)
