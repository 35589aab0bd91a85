"""What a card changes when it is bound, waits or ends: its row, its account and the audit line.

The caller has a transaction, and `cards.py` decides which of them happens.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from card_bridge.identity import CardIdentity
from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.versioned_cache import bump
from idp.accounts.accounts import REVISION, now
from idp.accounts.card_models import CardRow, CardStatus
from idp.accounts.errors import NationalIdentifierTaken
from idp.accounts.identifiers import proven_owner
from idp.accounts.models import Account, IdentifierProof
from idp.audit_kinds import IdpAuditKind

BY_ITSELF: Final = Actor.service("card")
"""The actor of a binding that no operator decided."""


class CardBindings:
    """Changes the rows of cards."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def wait(self, session: Session, identity: CardIdentity, accounts: Sequence[str], row: CardRow | None) -> None:
        """Have the card wait for an operator. `accounts` has the ids of those that may be meant; `row` is its own."""
        is_new = row is None
        row = described(row, identity)
        row.account_id = accounts[0] if len(accounts) == 1 else None
        session.add(row)
        session.flush()
        if is_new:
            account = session.get(Account, row.account_id) if row.account_id is not None else None
            self.record(session, IdpAuditKind.CARD_WAITING, account, row.number, BY_ITSELF)

    def prove(self, session: Session, account: Account, national_id: str) -> None:
        """The identifier of the account is now proved by a card.

        Raises:
            NationalIdentifierTaken: another account has proved it.
        """
        if proven_owner(session, national_id) not in (None, account.id):
            raise NationalIdentifierTaken(national_id)
        if account.national_id in (None, national_id) and account.national_id_proof != IdentifierProof.CARD:
            account.national_id, account.national_id_proof = national_id, IdentifierProof.CARD
            bump(session, REVISION, account.id)

    def bind(self, session: Session, account: Account, row: CardRow, actor: Actor) -> None:
        """From now on the card logs in to the account."""
        row.status, row.account_id = CardStatus.BOUND, account.id
        row.bound_at, row.bound_by = now(), str(actor)
        row.last_used_at = row.last_used_at or row.bound_at
        row.ended_at = row.ended_by = None
        session.add(row)
        session.flush()
        self.record(session, IdpAuditKind.CARD_BOUND, account, row.number, actor)

    def record(
        self,
        session: Session,
        kind: IdpAuditKind,
        account: Account | None,
        number: str,
        actor: Actor,
        **detail: object,
    ) -> None:
        """Write the audit line of a card, by its number."""
        self._audit.record(
            session,
            AuditEntry(
                kind=kind,
                account=account.id if account is not None else None,
                login=account.login if account is not None else None,
                actor=actor,
                detail={"card": number} | detail,
            ),
        )


def digest(identity: CardIdentity) -> str:
    """The digest under which a card that was read for enrollment is found again: of all that it said (SHA-256)."""
    return hashlib.sha256(json.dumps(identity.as_record(), sort_keys=True).encode()).hexdigest()


def described(row: CardRow | None, identity: CardIdentity) -> CardRow:
    """The row of a card, with what its certificate says now; a new row waits, and is not in the session yet."""
    row = row or CardRow(number=identity.serial, status=CardStatus.WAITING, first_seen_at=now())
    row.national_id, row.card_type = identity.national_id, identity.card_type
    row.family_name, row.given_name = identity.family_name[:120], identity.given_name[:120]
    row.expires_on = identity.expires_on
    row.authority, row.serial_number = identity.authority, identity.serial_number
    row.certificate_fingerprint = identity.certificate_fingerprint
    return row


def opens_account(connection: Connection, identity: CardIdentity) -> bool:
    """Whether the card logs in to an account already, or will at its first use: the account has proved its number."""
    bound = select(CardRow.number).where(CardRow.number == identity.serial, CardRow.status == CardStatus.BOUND)
    return connection.scalar(bound) is not None or proven_owner(connection, identity.national_id) is not None
