"""The parts that the web application and the commands share, constructed from settings in the order of their use."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from card_bridge.verification.verifier import CardVerifier
from config.audit.trail import Audit
from config.common_settings import Environment
from config.conditions import Conditions, read_conditions
from config.encryption import KeyEncryption
from config.jobs import Jobs
from config.mail import Letters
from config.redis.rate_limits import Throttle
from config.redis.store import Store
from config.server.job_runner import NotifySealer
from config.sql.database import Database
from config.sql.versioned_cache import Revisions
from idp.accounts.accepted_requests import AcceptedRequests
from idp.accounts.access import Access
from idp.accounts.accounts import Accounts
from idp.accounts.cards import Cards
from idp.accounts.communities import Communities
from idp.accounts.devices import Devices
from idp.accounts.identifiers import Identifiers
from idp.accounts.login_failures import LoginFailures
from idp.accounts.login_throttle import LoginThrottle
from idp.accounts.matching import AccountMatches
from idp.accounts.models import Confidentiality
from idp.accounts.operator_tools import OperatorTools
from idp.accounts.operators import Operators
from idp.accounts.passwords.changes import PasswordChanges
from idp.accounts.passwords.links import PasswordLinks
from idp.accounts.passwords.passwords import Passwords
from idp.accounts.provisioning import Provisioning
from idp.accounts.request_cards import RequestCards
from idp.accounts.service import AccountService
from idp.accounts.subjects import Subjects
from idp.accounts.unknown_cards import UnknownCards
from idp.attribute_release import ATTRIBUTES
from idp.container.cards import CardVerification
from idp.keys.key_rotation import KeyRotation
from idp.keys.signing_keys import SigningKeys
from idp.keys.sp_key_pins import KeysInUseCache
from idp.login.methods.table import offered_levels
from idp.sessions.session import Sessions
from idp.settings import Settings
from idp.web.fault_records import FaultRecords
from relying_parties.policy import AssuranceLevel, Capabilities
from relying_parties.registry.artifact_sources import ArtifactSources
from relying_parties.registry.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of the identity provider below its pages."""

    settings: Settings
    database: Database
    store: Store
    revisions: Revisions
    audit: Audit
    encryption: KeyEncryption
    jobs: Jobs
    notices: Jobs
    keys: SigningKeys
    keys_in_use: KeysInUseCache
    key_rotation: KeyRotation
    registry: Registry
    artifact_sources: ArtifactSources
    capabilities: Capabilities
    accounts: Accounts
    subjects: Subjects
    passwords: Passwords
    devices: Devices
    password_changes: PasswordChanges
    password_links: PasswordLinks
    access: Access
    communities: Communities
    operators: Operators
    identifiers: Identifiers
    provisioning: Provisioning
    account_service: AccountService
    accepted_requests: AcceptedRequests
    cards: Cards
    request_cards: RequestCards
    unknown_cards: UnknownCards
    card_verification: CardVerification
    conditions: Conditions | None
    account_matches: AccountMatches
    login_throttle: LoginThrottle
    throttle: Throttle
    login_failures: LoginFailures
    sessions: Sessions
    faults: FaultRecords

    @property
    def reachable_levels(self) -> frozenset[AssuranceLevel]:
        """The assurance levels that the login methods of this installation reach."""
        return frozenset(self.capabilities.methods.values())

    @property
    def card_verifier(self) -> CardVerifier:
        return self.card_verification.verifier

    @classmethod
    def of(cls, settings: Settings, database: Database) -> "Services":
        """Construct the parts. Neither the database nor Redis is queried yet.

        Raises:
            SettingsError: the folder of card authorities cannot be used.
        """
        store = Store.of(settings)
        revisions = Revisions(database)
        audit = Audit(database, after_writing=NotifySealer(store))
        encryption = KeyEncryption.of(settings)
        jobs = Jobs(database, store, encryption)
        letters = Letters(settings, jobs)
        accounts = Accounts(database, revisions)
        notices = Jobs(database, store, encryption, channel="notices")
        operator_tools = OperatorTools(notices)
        passwords = Passwords(database, settings, audit, letters, encryption, operator_tools)
        login_throttle = LoginThrottle(store, settings)
        throttle = Throttle(store)
        login_failures = LoginFailures(audit, throttle)
        password_links = PasswordLinks(
            database=database,
            store=store,
            settings=settings,
            accounts=accounts,
            passwords=passwords,
            throttle=throttle,
            jobs=jobs,
            letters=letters,
            audit=audit,
        )
        subjects = Subjects(database, revisions)
        request_cards = RequestCards(database, audit)
        access, identifiers = Access(audit), Identifiers(database, audit)
        provisioning = Provisioning(
            audit,
            access,
            identifiers,
            passwords,
            password_links,
            operator_tools,
            test_usernames=settings.environment is Environment.RECETTE,
        )
        keys = SigningKeys(database, revisions, encryption, audit, host=urlsplit(settings.issuer).hostname or "")
        return cls(
            settings=settings,
            database=database,
            store=store,
            revisions=revisions,
            audit=audit,
            encryption=encryption,
            jobs=jobs,
            notices=notices,
            keys=keys,
            keys_in_use=KeysInUseCache(database, revisions),
            key_rotation=KeyRotation(database, keys, audit, metadata_lifetime=settings.saml_metadata_lifetime),
            registry=Registry(database, revisions, audit),
            artifact_sources=ArtifactSources(database, revisions),
            capabilities=capabilities(settings),
            accounts=accounts,
            subjects=subjects,
            passwords=passwords,
            devices=Devices(encryption, accounts),
            password_changes=PasswordChanges(passwords, login_throttle, login_failures),
            password_links=password_links,
            access=access,
            communities=Communities(database, audit),
            operators=Operators(database, audit, operator_tools),
            identifiers=identifiers,
            provisioning=provisioning,
            account_service=AccountService(
                database=database,
                accounts=accounts,
                provisioning=provisioning,
                access=access,
                identifiers=identifiers,
                passwords=passwords,
                links=password_links,
            ),
            accepted_requests=AcceptedRequests(
                database=database,
                settings=settings,
                audit=audit,
                letters=letters,
                subjects=subjects,
                provisioning=provisioning,
                access=access,
                links=password_links,
                cards=request_cards,
            ),
            cards=Cards(database, accounts, audit, operator_tools),
            request_cards=request_cards,
            unknown_cards=UnknownCards(store),
            card_verification=CardVerification.of(settings, database, revisions, notices),
            account_matches=AccountMatches(database, audit, subjects),
            conditions=conditions_to_accept(settings),
            login_throttle=login_throttle,
            throttle=throttle,
            login_failures=login_failures,
            faults=FaultRecords(store, throttle),
            sessions=Sessions(store, accounts, idle=settings.session_idle, absolute=settings.session_absolute),
        )


def conditions_to_accept(settings: Settings) -> Conditions | None:
    """The conditions of use that people accept at a login: the region's own, and none while it has given none."""
    return None if settings.conditions_folder == Path() else read_conditions(settings.conditions_folder)


def capabilities(settings: Settings) -> Capabilities:
    """The capabilities of this installation for applications: the attributes it releases, the methods it offers."""
    return Capabilities(
        attributes=ATTRIBUTES,
        methods=offered_levels(settings),
        confidentiality_levels=tuple(Confidentiality),
        loopback_http=settings.is_development,
    )
