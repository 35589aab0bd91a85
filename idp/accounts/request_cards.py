"""The cards of people who ask for an account: read for enrollment, and bound when the request is accepted.

`cards.py` has the cards that log in. Both change them through `card_bindings.py`.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from card_bridge.identity import CardIdentity
from config.actor import Actor
from config.audit.trail import Audit
from config.sql.database import Database
from config.sql.upsert import put
from idp.accounts.accounts import now
from idp.accounts.card_bindings import CardBindings, described, digest, opens_account
from idp.accounts.card_models import CardReading, CardRow, CardStatus
from idp.accounts.errors import CardTaken, NoSuchCard
from idp.accounts.models import Account, IdentifierProof

READING_LIFETIME: Final = timedelta(days=90)
"""How long after its card was read a request may be accepted with it."""


class RequestCards:
    """The cards of requests for an account."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._bindings = CardBindings(audit)

    def opens_account(self, identity: CardIdentity) -> bool:
        """Whether the card logs in to an account already, or will at its first use."""
        with self._database.reading() as connection:
            return opens_account(connection, identity)

    def record_reading(self, identity: CardIdentity) -> None:
        """Remember that this card was verified for enrollment."""
        with self._database.transaction() as session:
            session.execute(delete(CardReading).where(CardReading.read_at < now() - READING_LIFETIME))
            put(session, CardReading, digest=digest(identity), read_at=now())

    def bind(self, session: Session, account: Account, identity: CardIdentity, *, is_new: bool, actor: Actor) -> bool:
        """Bind the card of an accepted request to its account, which the caller's transaction has locked or created.

        A new account is that of the person who presented the card. An account that existed and has not proved the
        identifier of the card is left as it is: the card waits for an operator.

        Returns:
            Whether the card is bound.

        Raises:
            NoSuchCard: it was not verified here for enrollment in the last 90 days.
            CardTaken: it is bound to another account, or was ended.
            NationalIdentifierTaken: another account has proved its identifier.
        """
        row = session.get(CardRow, identity.serial, with_for_update=True)
        if row is not None and row.status == CardStatus.BOUND and row.account_id == account.id:
            return True
        reading = session.get(CardReading, digest(identity))
        if reading is None or now() - reading.read_at > READING_LIFETIME:
            raise NoSuchCard(identity.serial)
        if row is not None and row.status != CardStatus.WAITING:
            raise CardTaken(identity.serial)
        if is_new and account.national_id in (None, identity.national_id):
            self._bindings.prove(session, account, identity.national_id)
        if account.national_id != identity.national_id or account.national_id_proof == IdentifierProof.TYPED:
            self._bindings.wait(session, identity, [account.id], row)
            return False
        self._bindings.bind(session, account, described(row, identity), actor)
        return True
