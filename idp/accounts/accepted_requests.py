"""An accepted request becomes an account with its access, its audit lines and its letter, in one transaction, once.

Enrollment repeats a call that was interrupted: the same body has the same effect once, and gets the same answer. The
operator named by the call must be allowed to grant each thing that it grants. An existing credential is never
touched, and an identifier that another account has proven is never taken.

`preview` does the same in a transaction that it rolls back, so that an operator reads the letter before deciding.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.mail import Letter, Letters
from config.sql.database import Database
from config.sql.versioned_cache import bump
from idp.accounts.acceptance import (
    Acceptance,
    AccountWanted,
    KnownHandle,
    KnownSubject,
    NewPerson,
    active_operator,
    refuse_unless_allowed,
    refuse_unless_may_reopen,
    refuse_unless_rules_are_met,
)
from idp.accounts.acceptance_mail import AcceptanceMail, AppliedAcceptance
from idp.accounts.access import Access
from idp.accounts.accounts import REVISION, now
from idp.accounts.errors import ProvisioningConflict
from idp.accounts.models import Account, DeliveredRequest
from idp.accounts.passwords.links import PasswordLinks
from idp.accounts.passwords.passwords import FirstPassword
from idp.accounts.provisional_passwords import ProvisionalPassword, provisional_password
from idp.accounts.provisioning import Provisioning
from idp.accounts.request_cards import RequestCards
from idp.accounts.snapshot import ACCOUNTS, AccountSnapshot, read_snapshots
from idp.accounts.subjects import Subjects
from idp.audit_kinds import IdpAuditKind
from idp.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The account as the call left it. `letter` is the Message-ID; `is_first` is false for a repeated call."""

    username: str
    account_id: str
    letter: str | None
    is_first: bool


class AcceptedRequests:
    """Does what was accepted."""

    def __init__(
        self,
        *,
        database: Database,
        settings: Settings,
        audit: Audit,
        letters: Letters,
        subjects: Subjects,
        provisioning: Provisioning,
        access: Access,
        links: PasswordLinks,
        cards: RequestCards,
    ) -> None:
        self._database = database
        self._mail = AcceptanceMail(settings=settings, letters=letters, links=links)
        self._audit = audit
        self._subjects = subjects
        self._provisioning = provisioning
        self._access = access
        self._cards = cards

    def deliver(self, accepted: Acceptance) -> Delivered:
        """Do it, unless it is done already.

        Raises:
            OperatorNotAllowed, ProvisioningConflict, CardTaken, NoSuchCard
            AccountProblems, AssignmentRefused, NoSuchCommunity, NationalIdentifierTaken, IdentifierTaken: nothing was
                done.
        """
        if (known := self._known(accepted)) is not None:
            return known
        operator_id = self._subjects.account_of(accepted.operator)
        password = self._provisional_password(accepted.account)
        try:
            return self._try_to_deliver(accepted, operator_id, password)
        except IntegrityError:  # another call for this request was committed meanwhile: this time it is found
            return self._try_to_deliver(accepted, operator_id, password)

    def preview(self, accepted: Acceptance) -> Letter | None:
        """The letter that `deliver` would mail, with "…" for its secret; None when it would mail none.

        Only the audit line of this preview is kept.

        Raises:
            What `deliver` raises: it would refuse.
        """
        operator_id = self._subjects.account_of(accepted.operator)
        with self._database.transaction() as session:
            account = self._lock(session, accepted, operator_id)
            account_id = account.id if account is not None else None
            applied = self._apply(session, accepted, account, operator_id, first_password=None)
            letter = self._mail.preview(applied, accepted)
            session.rollback()
        entry = AuditEntry(
            kind=IdpAuditKind.LETTER_PREVIEWED,
            account=account_id,
            actor=applied.actor,
            detail={"reference": accepted.reference, "request": accepted.request},
        )
        self._audit.record_durably(entry)
        return letter

    def _try_to_deliver(
        self, accepted: Acceptance, operator_id: str | None, password: ProvisionalPassword | None
    ) -> Delivered:
        with self._database.transaction() as session:
            return self._deliver(session, accepted, operator_id, password)

    def _known(self, accepted: Acceptance) -> Delivered | None:
        with self._database.transaction() as session:
            return _delivered(session, accepted)

    def _deliver(
        self,
        session: Session,
        accepted: Acceptance,
        operator_id: str | None,
        password: ProvisionalPassword | None,
    ) -> Delivered:
        account = self._lock(session, accepted, operator_id)
        if (known := _delivered(session, accepted)) is not None:
            return known
        hashed = password.hashed if password is not None else None
        applied = self._apply(session, accepted, account, operator_id, first_password=hashed)
        letter = self._mail.post(session, applied, accepted, password)
        session.add(
            DeliveredRequest(
                request=accepted.request,
                sequence=accepted.sequence,
                digest=accepted.digest,
                account_id=applied.account.id,
                letter=letter,
                delivered_at=now(),
            )
        )
        self._record(session, applied.account, accepted, applied.actor)
        session.flush()
        return Delivered(username=applied.account.login, account_id=applied.account.id, letter=letter, is_first=True)

    def _lock(self, session: Session, accepted: Acceptance, operator_id: str | None) -> Account | None:
        """Make concurrent calls for the same account, or for any new one, wait; the account that exists."""
        if isinstance(accepted.account, NewPerson):
            bump(session, REVISION, operator_id or "")
            return None
        return self._locked(session, accepted.account)

    def _apply(
        self,
        session: Session,
        accepted: Acceptance,
        account: Account | None,
        operator_id: str | None,
        *,
        first_password: FirstPassword | None,
    ) -> AppliedAcceptance:
        """Create, open or complete the account, for an operator who may."""
        operator = active_operator(session, operator_id)
        refuse_unless_allowed(operator, accepted, account)
        actor = Actor.operator(operator.login)
        if account is None:
            account_id = self._create(session, accepted, first_password, actor)
            account, credential_is_new = session.get_one(Account, account_id), True
        else:
            credential_is_new = self._reopen(session, account, accepted.account, operator)
            self._grant(session, account, accepted, actor)
        session.flush()
        if accepted.card is not None:
            is_new = isinstance(accepted.account, NewPerson)
            self._cards.bind(session, account, accepted.card, is_new=is_new, actor=actor)
        [snapshot] = read_snapshots(session.connection(), ACCOUNTS.where(Account.id == account.id))
        refuse_unless_rules_are_met(snapshot, accepted, now())
        return AppliedAcceptance(account=account, snapshot=snapshot, actor=actor, credential_is_new=credential_is_new)

    def _locked(self, session: Session, named: KnownSubject | KnownHandle) -> Account:
        """The account, locked until the transaction ends."""
        account_id = self._subjects.account_of(named.subject) if isinstance(named, KnownSubject) else named.handle
        found = select(Account).where(Account.id == (account_id or "")).with_for_update()
        account = session.scalar(found)
        if account is None:
            raise ProvisioningConflict("account: no account has this subject or handle", code="account.unknown")
        return account

    def _create(
        self, session: Session, accepted: Acceptance, first_password: FirstPassword | None, actor: Actor
    ) -> str:
        assert isinstance(accepted.account, NewPerson)  # noqa: S101 - the caller has seen to it
        created = self._provisioning.provision(
            session,
            accepted.account.account,
            actor=actor,
            entitlements={each.name: each.terms for each in accepted.entitlements},
            memberships={each.name: each.terms for each in accepted.communities},
            identifiers=accepted.account.identifiers,
            conditions=accepted.account.conditions,
            email_verified_at=accepted.account.email_verified_at,
            first_password=first_password,
        )
        return created.account_id

    def _reopen(self, session: Session, account: Account, named: AccountWanted, operator: AccountSnapshot) -> bool:
        """Open a disabled account where the call says so; whether it did. The account keeps its password."""
        if account.disabled_at is None:
            return False
        if not (isinstance(named, KnownHandle) and named.reopen):
            raise ProvisioningConflict(
                "account: it is disabled; accept the account itself to open it again", code="account.disabled"
            )
        [as_it_was] = read_snapshots(session.connection(), ACCOUNTS.where(Account.id == account.id))
        refuse_unless_may_reopen(operator, as_it_was, now())
        return self._provisioning.enable(session, account.login, actor=Actor.operator(operator.login))

    def _grant(self, session: Session, account: Account, accepted: Acceptance, actor: Actor) -> None:
        for each in accepted.entitlements:
            self._access.entitle(session, account, each.name, each.terms, actor=actor)
        for each in accepted.communities:
            self._access.add_member(session, account, each.name, each.terms, actor=actor)

    def _provisional_password(self, account: AccountWanted) -> ProvisionalPassword | None:
        """A random password for a new account, where the region mails passwords. Hashed before the transaction."""
        if not isinstance(account, NewPerson) or not self._mail.has_passwords:
            return None
        return provisional_password(self._provisioning, account.account)

    def _record(self, session: Session, account: Account, accepted: Acceptance, actor: Actor) -> None:
        detail = {"reference": accepted.reference, "request": accepted.request, "sequence": accepted.sequence}
        entry = AuditEntry(
            kind=IdpAuditKind.REQUEST_PROVISIONED, account=account.id, login=account.login, actor=actor, detail=detail
        )
        self._audit.record(session, entry)


def _delivered(session: Session, accepted: Acceptance) -> Delivered | None:
    """The answer of a former call for the same request and sequence.

    Raises:
        ProvisioningConflict: that call had another body.
    """
    row = session.get(DeliveredRequest, (accepted.request, accepted.sequence))
    if row is None:
        return None
    if row.digest != accepted.digest:
        raise ProvisioningConflict(
            "this request and sequence were delivered with another body", code="delivery.other-body"
        )
    account = session.get_one(Account, row.account_id)
    return Delivered(username=account.login, account_id=account.id, letter=row.letter, is_first=False)
