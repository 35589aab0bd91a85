"""What the measured installation serves: accounts and applications by the thousand, their sessions and tokens.

Written straight into the stores; only the applications that are used are registered as an operator would.
"""

import base64
import hashlib
import json
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select

from config.sql.database import SQLITE_FILE, Database
from idp.accounts.models import Account, PasswordCredential, Subject
from idp.accounts.passwords.hashing import PasswordHashing
from idp.container.services import Services
from idp.login.methods.password import PasswordMethod
from idp.migrations import MIGRATIONS
from idp.oidc.grant_store import AuthorizationCode, Grant, GrantStore
from idp.sessions.authentication import Authentication
from idp.settings import Settings
from relying_parties.registration.toml_registration import read_toml
from relying_parties.registry.models import OidcClientRow, RelyingParty, SamlServiceProviderRow
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.builders.operators import OPERATOR
from tests.builders.saml import a_saml_registration, encryption_key

PASSWORD = "Treille-Vive-71!"
CHEAP = 8
"""KiB that a password hash costs when it is not what is measured; the least that Argon2 takes."""

APPLICATIONS = 5
SCOPE = "openid profile email professional"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

_BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person with an account."""

    account_id: str
    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An application that signs people in, and what it shows at the token endpoint."""

    client_id: str
    redirect_uri: str
    authorization: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceProvider:
    """An application that signs people in by SAML."""

    identifier: str
    entity_id: str
    consumer_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A person whose session is open, in front of an application."""

    person: Person
    client: Client
    sid: str
    cookie: str


class Population:
    """An installation in `folder` with so many accounts, and `clients` among so many applications."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        redis_url: str,
        accounts: int,
        applications: int = APPLICATIONS,
        argon2_memory: int = CHEAP,
        argon2_iterations: int = 1,
    ) -> None:
        self.given = {
            "environment": "development",
            "issuer": f"http://localhost:{port}",
            "port": str(port),
            "data_folder": str(folder),
            "redis_url": redis_url,
            "mail_transport": "folder",
            "log_level": "WARNING",
            "argon2_memory": str(argon2_memory),
            "argon2_iterations": str(argon2_iterations),
            "pending_logins_per_prefix": "1000000",  # everybody comes from one address here
        }
        folder.mkdir()
        self.settings = Settings.load(environment=self.environment)
        database = Database.open(self.settings)
        MIGRATIONS.migrate(database)
        self.services = Services.of(self.settings, database)
        self.services.keys.ensure()
        self.clients = tuple(_register(self.services, number) for number in range(APPLICATIONS))
        _multiply_applications(database, applications - APPLICATIONS)
        self.people = _open_accounts(database, accounts, PasswordHashing(self.settings).hash(PASSWORD))
        self._grants = GrantStore(
            self.services.store,
            code_lifetime=timedelta(minutes=10),  # long enough to be made beforehand
            access_token_lifetime=self.settings.access_token_lifetime,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables that say `settings`."""
        return {f"POTERNE_{name.upper()}": value for name, value in self.given.items()}

    def visits(self, people: Sequence[Person]) -> list[Visit]:
        """A warm session for each of these people, spread over the applications."""
        now = datetime.now(UTC)
        authentication = Authentication((PasswordMethod.factor.achieved(now),))
        visits = []
        for number, person in enumerate(people):
            session, cookie = self.services.sessions.begin(
                person.account_id, authentication, account_valid_from=now, replacing=None
            )
            client = self.clients[number % len(self.clients)]
            visits.append(Visit(person=person, client=client, sid=session.sid, cookie=cookie))
        return visits

    def service_providers(self, named: str, count: int, *, encrypted: bool = False) -> tuple[ServiceProvider, ...]:
        """So many service providers; the first is registered as an operator would, and the others are like it."""
        entity_id, consumer_url = f"https://{named}-0.example/saml", f"https://{named}-0.example/saml/acs"
        registration = a_saml_registration(
            name=f"{named}-0",
            identifier=f"{named}-0",
            home_url=f"https://{named}-0.example/",
            attributes=frozenset({"given_name", "family_name", "email", "profession", "login"}),
            entity_id=entity_id,
            assertion_consumer_services=(
                Endpoint(binding=Binding.POST, location=consumer_url, index=0, is_default=True),
            ),
            encryption_keys=(encryption_key(),) if encrypted else (),
        )
        self.services.registry.register(registration, actor=OPERATOR)
        _multiply_service_providers(self.services.database, named, count)
        return tuple(
            ServiceProvider(
                identifier=f"{named}-{number}",
                entity_id=entity_id.replace("-0.", f"-{number}."),
                consumer_url=consumer_url.replace("-0.", f"-{number}."),
            )
            for number in range(count)
        )

    def met(self, pairs: Sequence[tuple[Person, ServiceProvider]]) -> None:
        """These people have signed in there before: each is known by a persistent identifier."""
        rows = [
            {"sub": secrets.token_hex(16), "account_id": person.account_id, "sector": f"saml:{provider.identifier}"}
            for person, provider in pairs
        ]
        with self.services.database.transaction() as session:
            session.execute(insert(Subject.__table__), rows)

    def disk(self) -> float:
        """What the database takes, in kB."""
        with self.services.database.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            return float(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one()) / 1000

    def code(self, visit: Visit) -> str:
        """A code as the authorization endpoint would have issued it."""
        now = datetime.now(UTC)
        code = AuthorizationCode(
            grant=self._grant(visit, now),
            redirect_uri=visit.client.redirect_uri,
            code_challenge=CHALLENGE,
            nonce="n" * 22,
            id_token_claims=None,
            authentication={
                "auth_time": int(now.timestamp()),
                "acr": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
                "amr": ["pwd"],
                "sid": visit.sid,
            },
        )
        return _stored(self._grants.issue_code(code, together_with=()))

    def access_token(self, visit: Visit) -> str:
        """An access token as the token endpoint would have issued it."""
        self.code(visit)
        grant = self._grant(visit, datetime.now(UTC))
        issued = AuthorizationCode(
            grant=grant,
            redirect_uri=visit.client.redirect_uri,
            code_challenge=None,
            nonce=None,
            id_token_claims=None,
            authentication={},
        )
        self._grants.issue_code(issued, together_with=())
        return _stored(self._grants.issue_access_token(grant, together_with=()))

    def _grant(self, visit: Visit, now: datetime) -> Grant:
        return Grant(
            identifier=secrets.token_urlsafe(18),
            client_id=visit.client.client_id,
            account_id=visit.person.account_id,
            sid=visit.sid,
            subject=_subject(visit.person.account_id),
            scope=SCOPE,
            account_valid_from=now.timestamp(),
            userinfo_claims=None,
        )

    def close(self) -> None:
        self.services.database.close()
        shutil.rmtree(self.settings.data_folder)


def empty_trail(folder: Path) -> Path:
    """The file of a database that has every table and no line, for a floor to write its lines in."""
    folder.mkdir()
    database = Database.at(f"sqlite:///{folder / SQLITE_FILE}")
    MIGRATIONS.migrate(database)
    database.close()
    return folder / SQLITE_FILE


def _stored(value: str | None) -> str:
    assert value is not None, "its session or grant is gone"
    return value


def _register(services: Services, number: int) -> Client:
    redirect_uri = f"https://application-{number}.example/callback"
    registration = f"""
        name = "application-{number}"
        home_url = "https://application-{number}.example/"
        attributes = ["given_name", "family_name", "email", "profession", "login"]
        entry = "everyone"
        lowest_assurance = "password"

        [display_name]
        fr = "Application {number}"
        en = "Application {number}"

        [oidc]
        client_id = "application-{number}"
        redirect_uris = ["{redirect_uri}"]
        client_authentication = "client_secret_basic"
    """
    declared = services.registry.declare(read_toml(registration, services.capabilities), actor=OPERATOR)
    client_id = declared.application.client_id
    credentials = base64.b64encode(f"{client_id}:{declared.secret}".encode()).decode()
    return Client(client_id=client_id, redirect_uri=redirect_uri, authorization=f"Basic {credentials}")


def _multiply_applications(database: Database, count: int) -> None:
    """As many more as the first one, under other names."""
    if count <= 0:
        return
    with database.transaction() as session:
        parties, clients = RelyingParty.__table__, OidcClientRow.__table__
        party = dict(session.execute(select(parties)).mappings().first() or {})
        client = dict(
            session.execute(select(clients).where(clients.c.relying_party_id == party["id"])).mappings().one()
        )
        names = [(f"{number:032x}", f"other-{number}") for number in range(count)]
        session.execute(insert(parties), [party | {"id": key, "identifier": name, "name": name} for key, name in names])
        session.execute(insert(clients), [client | {"relying_party_id": key, "client_id": name} for key, name in names])


def _multiply_service_providers(database: Database, named: str, count: int) -> None:
    """As many in all as `count`, whose metadata differ from the first one's by their addresses."""
    parties, providers = RelyingParty.__table__, SamlServiceProviderRow.__table__
    with database.transaction() as session:
        first = session.execute(select(parties).where(parties.c.name == f"{named}-0")).mappings().one()
        metadata = dict(
            session.execute(select(providers).where(providers.c.relying_party_id == first["id"])).mappings().one()
        )
        numbers = range(1, count)
        if not numbers:
            return

        def renamed(value: str, number: int) -> str:
            return value.replace(f"{named}-0", f"{named}-{number}")

        session.execute(
            insert(parties),
            [
                dict(first)
                | {"id": f"{named}-{number}"}
                | {name: renamed(first[name], number) for name in ("name", "identifier", "home_url")}
                for number in numbers
            ],
        )
        session.execute(
            insert(providers),
            [
                metadata
                | {"relying_party_id": f"{named}-{number}", "entity_id": renamed(metadata["entity_id"], number)}
                | {"descriptor": json.loads(renamed(json.dumps(metadata["descriptor"]), number))}
                for number in numbers
            ],
        )


def _open_accounts(database: Database, count: int, password_hash: str) -> list[Person]:
    people = [Person(account_id=f"{number:032x}", login=f"personne{number}") for number in range(count)]
    accounts = [
        {
            "id": person.account_id,
            "login": person.login,
            "given_name": "Jeanne",
            "family_name": f"Dupont{person.login}",
            "email": f"{person.login}@exemple.test",
            "profession": "10",
            "language": "fr",
            "created_at": _BEGAN,
            "valid_from": _BEGAN,
        }
        for person in people
    ]
    credentials = [
        {"account_id": person.account_id, "hash": password_hash, "set_at": _BEGAN, "must_change": False}
        for person in people
    ]
    subjects = [
        {"sub": _subject(person.account_id), "account_id": person.account_id, "sector": ""} for person in people
    ]
    with database.transaction() as session:
        session.execute(insert(Account.__table__), accounts)
        session.execute(insert(PasswordCredential.__table__), credentials)
        session.execute(insert(Subject.__table__), subjects)
    return people


def _subject(account_id: str) -> str:
    return account_id[::-1]
