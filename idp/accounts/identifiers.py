"""Further identifiers of a person besides the national one, such as an ADELI number, and how each was proven.

A further identifier is unique once it is proven, as the national one is (docs/decisions/national-identifiers.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.reference.national_ids import IdentifierType, number_of
from config.reference.numbers import ProfessionalNumber, read_adeli
from config.sql.database import Database
from idp.accounts.accounts import now
from idp.accounts.errors import AccountProblems, IdentifierTaken
from idp.accounts.models import Account, AccountIdentifier, IdentifierKind, IdentifierProof
from idp.audit_kinds import IdpAuditKind

_STRENGTH: Final = {
    IdentifierProof.TYPED: 0,
    IdentifierProof.OPERATOR: 1,
    IdentifierProof.PSC: 2,
    IdentifierProof.CARD: 2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A number, with how it was proven: when and by which actor, None for one that was only typed."""

    kind: IdentifierKind
    value: str
    proof: IdentifierProof
    proven_at: datetime | None = None
    proven_by: str | None = None


class Identifiers:
    """The further identifiers of accounts, changed in the caller's transaction."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def of(self, account_id: str) -> Sequence[Identifier]:
        """The identifiers of an account, in the order of their kinds."""
        found = (
            select(*AccountIdentifier.__table__.columns)
            .where(AccountIdentifier.account_id == account_id)
            .order_by(AccountIdentifier.kind, AccountIdentifier.value)
        )
        with self._database.reading() as connection:
            return [
                Identifier(
                    kind=IdentifierKind(row.kind),
                    value=row.value,
                    proof=IdentifierProof(row.proof),
                    proven_at=row.proven_at,
                    proven_by=row.proven_by,
                )
                for row in connection.execute(found)
            ]

    def add(
        self,
        session: Session,
        account: Account,
        kind: IdentifierKind,
        value: str,
        proof: IdentifierProof,
        *,
        actor: Actor,
    ) -> bool:
        """Add an identifier to an account that the caller has locked or created, or a better proof of one it has.

        Returns:
            False when the account has the identifier already, as well proven.

        Raises:
            AccountProblems: the value has not the form of its kind.
            IdentifierTaken: another account has proved it. The caller's transaction goes on.
        """
        value = _in_form(kind, value)
        row = session.get(AccountIdentifier, (account.id, kind, value))
        if row is not None and _STRENGTH[IdentifierProof(row.proof)] >= _STRENGTH[proof]:
            return False
        if proof is not IdentifierProof.TYPED and self._is_proven_by_another(session, account, kind, value):
            raise IdentifierTaken(value)
        try:
            with session.begin_nested():
                row = row or AccountIdentifier(account_id=account.id, kind=kind, value=value)
                row.proof = proof
                row.proven_at = None if proof is IdentifierProof.TYPED else now()
                row.proven_by = None if proof is IdentifierProof.TYPED else str(actor)
                session.add(row)
        except IntegrityError:  # proved by another account at this very moment
            raise IdentifierTaken(value) from None
        self._record(session, IdpAuditKind.IDENTIFIER_ADDED, account, actor, {"kind": kind, "proof": proof})
        return True

    def remove(self, session: Session, account: Account, kind: IdentifierKind, value: str, *, actor: Actor) -> bool:
        """Take an identifier away from an account that the caller has locked. False when it does not have it.

        Raises:
            AccountProblems: the value has not the form of its kind.
        """
        row = session.get(AccountIdentifier, (account.id, kind, _in_form(kind, value)))
        if row is None:
            return False
        session.delete(row)
        self._record(session, IdpAuditKind.IDENTIFIER_REMOVED, account, actor, {"kind": kind})
        return True

    def _is_proven_by_another(self, session: Session, account: Account, kind: IdentifierKind, value: str) -> bool:
        proven = select(AccountIdentifier.account_id).where(
            AccountIdentifier.kind == kind,
            AccountIdentifier.value == value,
            AccountIdentifier.proof != IdentifierProof.TYPED,
            AccountIdentifier.account_id != account.id,
        )
        return session.scalar(proven) is not None

    def _record(
        self, session: Session, kind: IdpAuditKind, account: Account, actor: Actor, detail: dict[str, str]
    ) -> None:
        self._audit.record(
            session, AuditEntry(kind=kind, account=account.id, login=account.login, actor=actor, detail=detail)
        )


def proven_owner(database: Session | Connection, national_id: str) -> str | None:
    """The id of the account that has proved a national identifier, or the ADELI number in it."""
    proven = select(Account.id).where(
        Account.national_id == national_id, Account.national_id_proof != IdentifierProof.TYPED
    )
    found: str | None = database.scalar(proven)
    if found is None and (adeli := number_of(national_id, IdentifierType.ADELI)) is not None:
        further = (AccountIdentifier.proof != IdentifierProof.TYPED, *_is_adeli(adeli))
        found = database.scalar(select(AccountIdentifier.account_id).where(*further))
    return found


def typed_owners(session: Session, national_id: str) -> Sequence[str]:
    """Two accounts at most, by id, whose person has typed this national identifier, or the ADELI number in it."""
    typed = select(Account.id).where(
        Account.national_id == national_id, Account.national_id_proof == IdentifierProof.TYPED
    )
    found = list(session.scalars(typed.limit(2)))
    if (adeli := number_of(national_id, IdentifierType.ADELI)) is not None:
        further = (AccountIdentifier.proof == IdentifierProof.TYPED, *_is_adeli(adeli))
        found += session.scalars(select(AccountIdentifier.account_id).where(*further).limit(2))
    return list(dict.fromkeys(found))[:2]


def _is_adeli(number: str) -> tuple[ColumnElement[bool], ...]:
    return (AccountIdentifier.kind == IdentifierKind.ADELI, AccountIdentifier.value == number)


def _in_form(kind: IdentifierKind, value: str) -> str:
    """The value as it is kept. A key that does not fit refuses nothing (config/reference/numbers.py).

    Raises:
        AccountProblems
    """
    number = read_adeli(value)
    if not isinstance(number, ProfessionalNumber):
        raise AccountProblems([f"{kind}: must be the nine characters of an ADELI number, such as 759912345"])
    return number.value
