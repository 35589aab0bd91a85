"""The accounts that may be the person of a request: those that share a number, an e-mail address, or both names.

Only exact values are compared (names without accents, case and hyphens), and only a few
accounts are found, so that nothing here can be used to list accounts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.reference.national_ids import IdentifierType, national_identifier
from config.reference.numbers import ProfessionalNumber, read_rpps
from config.sql.database import Database
from idp.accounts.acceptance import active_operator
from idp.accounts.errors import OperatorNotAllowed
from idp.accounts.models import Account, searched_name
from idp.accounts.snapshot import ACCOUNTS, AccountSnapshot, read_snapshots
from idp.accounts.subjects import Subjects
from idp.audit_kinds import IdpAuditKind

MOST_MATCHES: Final = 5


class Likeness(StrEnum):
    """What an account and the person of a request have in common."""

    RPPS = "rpps"
    EMAIL = "email"
    NAMES = "names"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """The person of a request. A text that is not known is ""."""

    rpps: str = ""
    email: str = ""
    family_name: str = ""
    given_name: str = ""
    birth_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An account, and what it has in common with the person."""

    account: AccountSnapshot
    why: tuple[Likeness, ...]


class AccountMatches:
    """Compares the person of a request with the accounts, for an operator."""

    def __init__(self, database: Database, audit: Audit, subjects: Subjects) -> None:
        self._database = database
        self._audit = audit
        self._subjects = subjects

    def find(self, sought: Sought, *, operator: str) -> Sequence[Match]:
        """At most five accounts, those that share the number first. `operator` is the subject of who asks.

        Raises:
            OperatorNotAllowed: it is not the subject of an active operator.
        """
        operator_id = self._subjects.account_of(operator)
        with self._database.transaction() as session:
            asking = active_operator(session, operator_id)
            if not asking.roles:
                raise OperatorNotAllowed("operator: holds no role")
            found: dict[str, tuple[AccountSnapshot, list[Likeness]]] = {}
            for likeness, condition in _conditions(sought):
                for account in _few(session, condition):
                    found.setdefault(account.account_id, (account, []))[1].append(likeness)
            matches = [Match(account=account, why=tuple(why)) for account, why in found.values()][:MOST_MATCHES]
            self._record(session, matches, Actor.operator(asking.login))
        return matches

    def _record(self, session: Session, matches: Sequence[Match], actor: Actor) -> None:
        """Write to the audit trail how many accounts were found, and by what. It names no account."""
        by = sorted({str(likeness) for match in matches for likeness in match.why})
        entry = AuditEntry(kind=IdpAuditKind.ACCOUNTS_MATCHED, actor=actor, detail={"found": len(matches), "by": by})
        self._audit.record(session, entry)


def _conditions(sought: Sought) -> Iterator[tuple[Likeness, ColumnElement[bool]]]:
    number = read_rpps(sought.rpps) if sought.rpps else None
    if isinstance(number, ProfessionalNumber):
        yield Likeness.RPPS, Account.national_id == national_identifier(IdentifierType.RPPS, number.value)
    if sought.email:
        yield Likeness.EMAIL, Account.email == sought.email.lower()
    surnames = filter(None, (sought.family_name, sought.birth_name))
    names = [name for surname in surnames if (name := searched_name(sought.given_name, surname)) is not None]
    if names:
        yield (
            Likeness.NAMES,
            or_(Account.searched_name.in_(names), Account.searched_birth_name.in_(names)),
        )


def _few(session: Session, condition: ColumnElement[bool]) -> Sequence[AccountSnapshot]:
    wanted = ACCOUNTS.where(condition).order_by(Account.login).limit(MOST_MATCHES)
    return read_snapshots(session.connection(), wanted)
