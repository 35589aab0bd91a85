"""Accounts and their passwords made for tests: valid by default, name only what matters. Everybody is invented."""

import re
from dataclasses import dataclass, replace
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select

from config.audit.trail import Audit, AuditEntry, AuditEvent
from config.common_settings import Environment
from config.encryption import KeyEncryption
from config.jobs import Jobs
from config.mail import Letters
from config.redis.rate_limits import Throttle, Visit
from config.redis.store import Store
from config.sql.database import Database
from config.sql.versioned_cache import Revisions
from idp.accounts.accepted_requests import AcceptedRequests
from idp.accounts.access import Access
from idp.accounts.accounts import Accounts
from idp.accounts.cards import Cards
from idp.accounts.communities import Communities
from idp.accounts.identifiers import Identifiers
from idp.accounts.login_failures import LoginFailures
from idp.accounts.login_throttle import Attempt, LoginThrottle
from idp.accounts.new_account import NewAccount
from idp.accounts.operator_tools import OperatorTools
from idp.accounts.operators import Operators
from idp.accounts.passwords.changes import PasswordChanges
from idp.accounts.passwords.links import PasswordLinks
from idp.accounts.passwords.passwords import Changed, HashedPassword, Passwords
from idp.accounts.provisioning import Provisioning
from idp.accounts.request_cards import RequestCards
from idp.accounts.service import AccountService
from idp.accounts.snapshot import AccountSnapshot
from idp.accounts.subjects import Subjects
from idp.audit_kinds import IdpAuditKind
from idp.settings import Settings
from tests.builders.operators import OPERATOR
from tests.letters import letters_of

PASSWORD = "Treille-Vive-71!"
ANOTHER_PASSWORD = "Grange-Haute-28?"
ADDRESS = "192.0.2.7"
RPPS = "899700123450"  # 8 + an RPPS number of the test range 997, which belongs to nobody


def an_account(**named: Any) -> NewAccount:
    """The description of an account; Jeanne Dupont's unless `named` says otherwise."""
    usual = {"given_name": "Jeanne", "family_name": "Dupont", "email": "jeanne.dupont@exemple.test"}
    return NewAccount(**(usual | named))


def an_attempt(login: str = "jdupont", **named: Any) -> Attempt:
    """A password about to be tried, by a browser that nobody knows unless `named` says otherwise."""
    return Attempt(**({"login": login, "address": ADDRESS, "client": "a browser"} | named))


def a_visit(address: str = ADDRESS, client: str = "a browser", device: str | None = None) -> Visit:
    """A request of a browser, which nobody knows unless `device` says so."""
    return Visit(address=address, client=client, device=device)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountParts:
    """The parts of an installation that have to do with accounts, put together as the application does."""

    settings: Settings
    database: Database
    accounts: Accounts
    passwords: Passwords
    changes: PasswordChanges
    links: PasswordLinks
    access: Access
    communities: Communities
    operators: Operators
    identifiers: Identifiers
    provisioning: Provisioning
    service: AccountService
    subjects: Subjects
    accepted_requests: AcceptedRequests
    cards: Cards
    jobs: Jobs

    def opens(self, *, password: str | None = PASSWORD, must_change: bool = False, **named: Any) -> AccountSnapshot:
        """A new account, with a password unless it is None."""
        snapshot = self.service.create(an_account(**named), actor=OPERATOR)
        if password is not None:
            self.sets_password(snapshot, password, must_change=must_change)
        return self.as_it_stands(snapshot)

    def sets_password(self, snapshot: AccountSnapshot, password: str, *, must_change: bool = False) -> None:
        prepared = self.passwords.prepare(snapshot.account_id, password)
        assert isinstance(prepared, HashedPassword), prepared
        entry = AuditEntry(kind=IdpAuditKind.PASSWORD_SET, actor=OPERATOR)
        with self.database.transaction() as session:
            assert isinstance(self.passwords.keep(session, prepared, entry, must_change=must_change), Changed)

    def as_it_stands(self, snapshot: AccountSnapshot) -> AccountSnapshot:
        found = self.accounts.snapshot(snapshot.account_id, fresh=True)
        assert found is not None
        return found

    def letters(self) -> list[EmailMessage]:
        """Every letter sent so far, oldest first, once the jobs that are due have run."""
        self.jobs.run_due()
        return letters_of(self.settings.data_folder)

    def mailed_token(self) -> str:
        """What the last mailed link ends with."""
        found = [re.search(r"/password/choose/(\S+)", letter.get_content()) for letter in self.letters()]
        return [match.group(1) for match in found if match][-1]

    def trail(self) -> list[str]:
        """The kinds of the audit lines, oldest first."""
        with self.database.reading() as connection:
            return list(connection.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))

    def with_settings(self, store: Store, **changed: Any) -> "AccountParts":
        """The same database under other settings, as after a restart."""
        return account_parts(replace(self.settings, **changed), self.database, store)


def account_parts(settings: Settings, database: Database, store: Store) -> AccountParts:
    """The parts, over a database that has its tables."""
    audit = Audit(database)
    revisions = Revisions(database)
    jobs = Jobs(database, store, KeyEncryption.of(settings))
    letters = Letters(settings, jobs)
    accounts = Accounts(database, revisions)
    operator_tools = OperatorTools(jobs)
    passwords = Passwords(database, settings, audit, letters, KeyEncryption.of(settings), operator_tools)
    links = PasswordLinks(
        database=database,
        store=store,
        settings=settings,
        accounts=accounts,
        passwords=passwords,
        throttle=Throttle(store),
        jobs=jobs,
        letters=letters,
        audit=audit,
    )
    subjects = Subjects(database, revisions)
    access, identifiers = Access(audit), Identifiers(database, audit)
    provisioning = Provisioning(
        audit,
        access,
        identifiers,
        passwords,
        links,
        operator_tools,
        test_usernames=settings.environment is Environment.RECETTE,
    )
    return AccountParts(
        settings=settings,
        database=database,
        accounts=accounts,
        passwords=passwords,
        changes=PasswordChanges(passwords, LoginThrottle(store, settings), LoginFailures(audit, Throttle(store))),
        links=links,
        access=access,
        communities=Communities(database, audit),
        operators=Operators(database, audit, operator_tools),
        identifiers=identifiers,
        provisioning=provisioning,
        service=AccountService(
            database=database,
            accounts=accounts,
            provisioning=provisioning,
            access=access,
            identifiers=identifiers,
            passwords=passwords,
            links=links,
        ),
        subjects=subjects,
        accepted_requests=AcceptedRequests(
            database=database,
            settings=settings,
            audit=audit,
            letters=letters,
            subjects=subjects,
            provisioning=provisioning,
            access=access,
            links=links,
            cards=RequestCards(database, audit),
        ),
        cards=Cards(database, accounts, audit, operator_tools),
        jobs=jobs,
    )
