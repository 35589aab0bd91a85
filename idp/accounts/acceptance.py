"""What enrollment asks to be done of a request that was accepted, and whether its operator may have it done."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from card_bridge.identity import CardIdentity
from config.mail_addresses import mailbox_of
from idp.accounts.assignments import AssignmentTerms
from idp.accounts.errors import OperatorNotAllowed, ProvisioningConflict
from idp.accounts.identifiers import Identifier
from idp.accounts.models import Account, Language
from idp.accounts.new_account import NewAccount
from idp.accounts.operator_roles import OperatorRoleName, application_scope, community_scope
from idp.accounts.snapshot import ACCOUNTS, AcceptedConditions, AccountSnapshot, read_snapshots


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedAccess:
    """A community or an application that was opened, with its names and terms."""

    name: str
    display_name_fr: str
    display_name_en: str
    terms: AssignmentTerms
    needs_communities: tuple[str, ...] = ()
    """Of an application: the communities to which the account must belong."""
    closed_to_levels: tuple[str, ...] = ()
    """Of an application: the confidentiality levels that exclude an account."""

    def display_name(self, language: Language) -> str:
        return self.display_name_en if language is Language.ENGLISH else self.display_name_fr


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """An account to create. `email_verified_at` is when the person opened a link mailed to its address, if they did."""

    account: NewAccount
    identifiers: tuple[Identifier, ...] = ()
    conditions: AcceptedConditions | None = None
    email_verified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSubject:
    """The account of a person who has signed in to enrollment, by their subject there."""

    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHandle:
    """The account of a former call, or one that an operator has recognised; `reopen` opens it if it is disabled."""

    handle: str
    reopen: bool = False


AccountWanted = NewPerson | KnownSubject | KnownHandle


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What enrollment asks to be done. `operator` is the subject of the operator in whose name it is done.

    `digest` is that of the body; `login_url` is where the person logs in with a mailed password. `card` is the one that
    the person presented to enrollment.
    """

    request: str
    sequence: int
    digest: str
    operator: str
    reference: str
    account: AccountWanted
    communities: tuple[GrantedAccess, ...] = ()
    entitlements: tuple[GrantedAccess, ...] = ()
    continue_to: str | None = None
    login_url: str
    words: str = ""
    card: CardIdentity | None = None


def active_operator(session: Session, operator_id: str | None) -> AccountSnapshot:
    """The operator as the transaction sees them: a role that was revoked a moment ago counts no more."""
    found = read_snapshots(session.connection(), ACCOUNTS.where(Account.id == (operator_id or "")))
    if not found or found[0].disabled:
        raise OperatorNotAllowed("operator: is not the subject of an active account")
    return found[0]


def refuse_unless_allowed(operator: AccountSnapshot, accepted: Acceptance, account: Account | None) -> None:
    """
    Raises:
        OperatorNotAllowed: a role is missing for something that would be granted.
        ProvisioningConflict: the operator would grant to their own account.
    """
    deciding = (OperatorRoleName.APPROVER, OperatorRoleName.ADMINISTRATOR)
    if not any(held.role in deciding for held in operator.roles):
        raise OperatorNotAllowed("operator: holds no role that decides on requests")
    wanted = [community_scope(each.name) for each in accepted.communities]
    wanted += [application_scope(each.name) for each in accepted.entitlements]
    missing = [scope for scope in wanted if not any(held.approves(scope) for held in operator.roles)]
    if missing:
        raise OperatorNotAllowed(f"operator: holds no role for {', '.join(missing)}")
    if _is_own(operator, accepted.account, account):
        raise ProvisioningConflict("operator: nobody decides on a request of their own", code="operator.own-request")


def refuse_unless_may_reopen(operator: AccountSnapshot, account: AccountSnapshot, at: datetime) -> None:
    """A disabled account comes back with all that it had: the operator must answer for that too.

    Raises:
        OperatorNotAllowed: it has access for which the operator holds no role, or roles of an operator itself.
    """
    if account.roles and not any(held.role is OperatorRoleName.ADMINISTRATOR for held in operator.roles):
        raise OperatorNotAllowed(
            "operator: only an administrator opens the account of an operator again", code="operator.reopens-operator"
        )
    back = [community_scope(name) for name, held in account.memberships.items() if not held.has_ended(at)]
    back += [application_scope(name) for name, held in account.entitlements.items() if not held.has_ended(at)]
    if missing := [scope for scope in sorted(back) if not any(held.approves(scope) for held in operator.roles)]:
        raise OperatorNotAllowed(
            f"operator: the account comes back with {', '.join(missing)}: holds no role for it",
            code="operator.reopens-access",
        )


def refuse_unless_rules_are_met(account: AccountSnapshot, accepted: Acceptance, at: datetime) -> None:
    """Check the rules of the applications that are granted, once the account has all that the call gives it.

    Raises:
        ProvisioningConflict: the account is in no community that an application needs, or at a level that excludes it.
    """
    for granted in accepted.entitlements:
        for name in granted.needs_communities:
            membership = account.memberships.get(name)
            if membership is None or membership.has_ended(at):
                raise ProvisioningConflict(
                    f"entitlements: {granted.name} needs a membership of {name}", code="entitlement.needs-community"
                )
        if account.confidentiality in granted.closed_to_levels:
            level = account.confidentiality.value
            raise ProvisioningConflict(
                f"entitlements: {granted.name} is closed to the confidentiality level {level}",
                code="entitlement.level-closed",
            )


def is_same_person(operator: AccountSnapshot, *, account: str | None, email: str, national_id: str | None) -> bool:
    """Whether a request is the operator's own: by its account, the mailbox of its address, or its number.

    A person may have two accounts, of which one is an operator's.
    """
    same_number = national_id is not None and national_id == operator.national_id
    same_mailbox = bool(email) and mailbox_of(email) == mailbox_of(operator.email)
    return account == operator.account_id or same_number or same_mailbox


def _is_own(operator: AccountSnapshot, named: AccountWanted, account: Account | None) -> bool:
    """Whether the account is the operator's, or another one of theirs."""
    if account is not None:
        return is_same_person(operator, account=account.id, email=account.email, national_id=account.national_id)
    assert isinstance(named, NewPerson)  # noqa: S101 - an account that exists was found
    new = named.account
    return is_same_person(operator, account=None, email=new.email, national_id=new.national_id)
