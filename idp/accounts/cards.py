"""Cards and the accounts that they log in to: found, bound, ended.

A card is found by its number, and its account by the national identifier that the card proves. A card binds itself
only to an account that has proved the same identifier; where the identifier was only typed, an operator decides
(docs/decisions/national-identifiers.md). `idp.login.methods` asks here after `card_bridge.verification` has believed
the card; nothing here verifies a signature.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from card_bridge.identity import CardIdentity
from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.reference.national_ids import type_of
from config.sql.database import Database
from config.sql.versioned_cache import bump
from idp.accounts.access import locked_account
from idp.accounts.accounts import REVISION, Accounts, now
from idp.accounts.card_bindings import BY_ITSELF, CardBindings, described
from idp.accounts.card_models import CardRow, CardStatus
from idp.accounts.errors import AccountProblems, CardTaken, NoSuchCard
from idp.accounts.identifiers import proven_owner, typed_owners
from idp.accounts.models import Account, IdentifierProof
from idp.accounts.operator_tools import OperatorTools
from idp.accounts.snapshot import AccountSnapshot
from idp.audit_kinds import IdpAuditKind

_USE_RECORDED_EVERY: Final = timedelta(days=1)
_IN_USE: Final = timedelta(days=30)
_MOST_IN_USE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Bound:
    """The card logs in to this account. `is_new` is true when it was bound just now."""

    account: AccountSnapshot
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """No account has the identifier of the card: its holder may ask for one."""


@dataclass(frozen=True, slots=True)
class NeedsOperator:
    """An account has the identifier, which was only typed. The card waits for an operator (`idp card bind`)."""


@dataclass(frozen=True, slots=True)
class AnotherPerson:
    """The card is bound to an account whose identifier is another one, or that another account has proved."""


@dataclass(frozen=True, slots=True)
class Disabled:
    """The account of the card is disabled."""

    account_id: str
    login: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The card was bound once, and an operator or its holder has ended that."""


FoundAccount = Bound | Unknown | NeedsOperator | AnotherPerson | Disabled | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card that was verified here. `login` is "" while it waits and no single account is meant."""

    number: str
    status: CardStatus
    login: str
    national_id: str
    card_type: str
    holder: str
    expires_on: date
    first_seen_at: datetime
    last_used_at: datetime | None
    bound_at: datetime | None
    bound_by: str | None
    ended_at: datetime | None
    ended_by: str | None


class Cards:
    """The cards of this installation."""

    def __init__(self, database: Database, accounts: Accounts, audit: Audit, operator_tools: OperatorTools) -> None:
        self._database = database
        self._accounts = accounts
        self._audit = audit
        self._operator_tools = operator_tools
        self._bindings = CardBindings(audit)

    def find_account(self, identity: CardIdentity, *, application: str | None = None) -> FoundAccount:
        """The account that a verified card logs in to. The first use of a card of a proven person binds it.

        Args:
            application: for the audit line of a card that was accepted by a grace.
        """
        found = self._known(identity)
        while found is None:
            try:
                found = self._first_use(identity) or self._known(identity)
            except IntegrityError:  # the same card was presented twice at this very moment
                found = self._known(identity)
        if isinstance(found, Bound) and identity.revocation_ended_at is not None:
            self._audit.record_durably(
                AuditEntry(
                    kind=IdpAuditKind.CARD_GRACE_USED,
                    account=found.account.account_id,
                    login=found.account.login,
                    application=application,
                    detail={"card": identity.serial},
                )
            )
        return found

    def list(self, *, login: str | None = None, status: CardStatus | None = None) -> Sequence[Card]:
        """The cards, of one account or with one status, in the order of their numbers."""
        chosen = select(*CardRow.__table__.columns, Account.login).outerjoin(Account, Account.id == CardRow.account_id)
        if login is not None:
            chosen = chosen.where(Account.login == login)
        if status is not None:
            chosen = chosen.where(CardRow.status == status)
        with self._database.reading() as connection:
            return [_card(row) for row in connection.execute(chosen.order_by(CardRow.number))]

    def certificates_in_use(self) -> Sequence[tuple[str, int]]:
        """The authority and the serial number of each card that was used in the last month, the last used first."""
        since = now() - _IN_USE
        in_use = (
            select(CardRow.authority, CardRow.serial_number)
            .where(CardRow.status == CardStatus.BOUND, CardRow.last_used_at > since)
            .order_by(CardRow.last_used_at.desc())
            .limit(_MOST_IN_USE)
        )
        with self._database.reading() as connection:
            return [(row.authority, int(row.serial_number, 16)) for row in connection.execute(in_use)]

    def bind(self, username: str, number: str, *, actor: Actor) -> bool:
        """Bind a card that waits or has ended to the account, as an operator decides who has seen evidence.

        The card then proves the national identifier of the account.

        Returns:
            False when it was bound to this account already.

        Raises:
            NoSuchAccount, NoSuchCard
            CardTaken: it is bound to another account.
            AccountProblems: the account has another national identifier.
            NationalIdentifierTaken: another account has proved the identifier.
        """
        with self._database.transaction() as session:
            account = locked_account(session, username)
            row = session.get(CardRow, number, with_for_update=True)
            if row is None:
                raise NoSuchCard(number)
            if row.status == CardStatus.BOUND:
                if row.account_id != account.id:
                    raise CardTaken(number)
                return False
            if account.national_id not in (None, row.national_id):
                raise AccountProblems(
                    [f"national_id: the card proves {row.national_id}; correct the account first (idp account change)"]
                )
            self._bindings.prove(session, account, row.national_id)
            self._bindings.bind(session, account, row, actor)
            return True

    def end(self, number: str, *, actor: Actor) -> bool:
        """End a card: it logs in no more, also where it is presented again. A card that waits is forgotten.

        The sessions of its account end, because the card may have opened them.

        Returns:
            False when it had ended already.

        Raises:
            NoSuchCard
        """
        with self._database.transaction() as session:
            row = session.get(CardRow, number, with_for_update=True)
            if row is None:
                raise NoSuchCard(number)
            if row.status == CardStatus.ENDED:
                return False
            account = session.get(Account, row.account_id) if row.account_id is not None else None
            was_waiting = row.status == CardStatus.WAITING
            if was_waiting:
                session.delete(row)
            else:
                row.status, row.ended_at, row.ended_by = CardStatus.ENDED, now(), str(actor)
                if account is not None:
                    account.valid_from = now()
                    self._operator_tools.end_sessions(session, account.id, at=account.valid_from)
                    bump(session, REVISION, account.id)
            self._bindings.record(session, IdpAuditKind.CARD_ENDED, account, number, actor, was_waiting=was_waiting)
            return True

    def _known(self, identity: CardIdentity) -> FoundAccount | None:
        """What a card that is bound or has ended leads to; None for any other."""
        of_card = select(CardRow.status, CardRow.account_id, CardRow.national_id, CardRow.last_used_at)
        with self._database.reading() as connection:
            row = connection.execute(of_card.where(CardRow.number == identity.serial)).first()
        if row is None or row.status == CardStatus.WAITING:
            return None
        if row.status == CardStatus.ENDED:
            return Ended()
        account = self._accounts.snapshot(row.account_id)
        if account is not None and account.disabled:
            account = self._accounts.snapshot(row.account_id, fresh=True)
        if account is None or row.national_id != identity.national_id or self._is_another_person(account, identity):
            return AnotherPerson()
        if account.disabled:
            return Disabled(account.account_id, account.login)
        if row.last_used_at is None or now() - row.last_used_at > _USE_RECORDED_EVERY:
            self._record_use(identity)
        return Bound(account)

    def _is_another_person(self, account: AccountSnapshot, identity: CardIdentity) -> bool:
        if account.national_id == identity.national_id and account.national_id_proof is not IdentifierProof.TYPED:
            return False  # a proven identifier is unique
        its_own = account.national_id or identity.national_id
        # A person who has an RPPS number may also have the card of an establishment, whose identifier has another type.
        if its_own != identity.national_id and type_of(its_own) is type_of(identity.national_id):
            return True
        with self._database.reading() as connection:
            return proven_owner(connection, identity.national_id) not in (None, account.account_id)

    def _first_use(self, identity: CardIdentity) -> FoundAccount | None:
        """Bind the card, or have it wait. None when it was bound meanwhile."""
        with self._database.transaction() as session:
            row = session.get(CardRow, identity.serial, with_for_update=True)
            if row is not None and row.status != CardStatus.WAITING:
                return None
            owner_id = proven_owner(session, identity.national_id)
            if owner_id is None:
                typed = typed_owners(session, identity.national_id)
                if not typed:
                    return Unknown() if row is None else NeedsOperator()
                self._bindings.wait(session, identity, typed, row)
                return NeedsOperator()
            owner = session.get_one(Account, owner_id, with_for_update=True)
            if owner.disabled_at is not None:
                return Disabled(owner.id, owner.login)
            if owner.national_id == identity.national_id:
                self._bindings.prove(session, owner, identity.national_id)
            self._bindings.bind(session, owner, described(row, identity), BY_ITSELF)
        account = self._accounts.snapshot(owner_id, fresh=True)
        return Bound(account, is_new=True) if account is not None else Unknown()

    def _record_use(self, identity: CardIdentity) -> None:
        with self._database.transaction() as session:
            row = session.get(CardRow, identity.serial)
            if row is not None:
                described(row, identity).last_used_at = now()


def _card(row: Any) -> Card:
    held = {name: getattr(row, name) for name in Card.__dataclass_fields__ if name not in ("holder", "login", "status")}
    holder = f"{row.given_name} {row.family_name}".strip()
    return Card(holder=holder, login=row.login or "", status=CardStatus(row.status), **held)
