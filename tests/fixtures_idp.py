"""The identity provider, people and applications: fixtures for the folders that ask for them.

An installation is furnished once a run (tables, keys, applications, accounts) and
copied for each test, since making keys is slow.
"""

import logging
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import time_machine

from config.encryption import DEVELOPMENT_FILE
from config.logging_setup import HELD
from config.redis.connection import socket_url
from config.settings import Settings
from config.settings_reader import read
from config.sql.database import SQLITE_FILE, Database
from config.web import language
from idp.container import Services
from idp.keys import signing_keys
from relying_parties.registration.toml_registration import read_file
from tests.actors.application import Application
from tests.actors.browser import Browser, Professional
from tests.actors.identity_provider import IdentityProvider, Operator, running
from tests.conftest import DEVELOPMENT

APPLICATIONS = Path(__file__).parents[1] / "relying_parties/applications"
FURNISHED_AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)  # before anything that a test does

JEANNE = Professional("jdupont", "Treille-Vive-71!", "Jeanne", "Dupont")
PAUL = Professional("pmartin", "Grange-Haute-28?", "Paul", "Martin")


@dataclass(frozen=True, slots=True)
class Furnished:
    """An installation with Jeanne, who is entitled to the DCC, Paul, who is not, the DCC and Périnat."""

    folder: Path
    secrets: Mapping[str, str]


def furnish(settings: Settings) -> Furnished:
    """Put keys, people and applications in a database that has its tables."""
    database = Database.open(settings)
    services = Services.of(settings, database)
    operator = Operator(services=services)
    secrets = {}
    with time_machine.travel(FURNISHED_AT):
        services.keys.ensure()
        for name in ("dcc", "perinat"):
            registration = read_file(APPLICATIONS / f"{name}.toml", services.offering)
            secrets[name] = services.registry.declare(registration, actor="test").secret or ""
        operator.creates(JEANNE, entitled_to=("dcc",), profession="10")
        operator.creates(PAUL)
    database.close()
    return Furnished(settings.data_folder, secrets)


@pytest.fixture(scope="session")
def furnished(migrated: Path, redis_socket: Path, tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copy(migrated, folder / SQLITE_FILE)
    given = DEVELOPMENT | {"data_folder": str(folder), "redis_url": socket_url(redis_socket)}
    return furnish(read(Settings, file=None, environment={}, given=given))


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    """Settings that a test wants otherwise: `@pytest.mark.parametrize("changed_settings", [{...}])`."""
    return {}


@pytest.fixture
def stocked(settings: Settings, furnished: Furnished) -> Settings:
    """The settings of an installation that is furnished; on SQLite unless a folder's own fixture says otherwise."""
    for name in (SQLITE_FILE, DEVELOPMENT_FILE):
        shutil.copy(furnished.folder / name, settings.data_folder / name)
    return settings


@pytest.fixture(scope="session")
def read_once() -> Iterator[None]:
    """What costs more than a whole login each time an application starts: private keys (their primes), English."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing_keys, "_imported", cache(signing_keys._imported))
        patch.setattr(language, "EnglishCatalogue", cache(language.EnglishCatalogue))
        yield


@pytest.fixture
def idp(stocked: Settings, changed_settings: dict[str, Any], read_once: None) -> Iterator[IdentityProvider]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with running(replace(stocked, **changed_settings)) as started:
        yield started
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in HELD:
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def browser(idp: IdentityProvider) -> Browser:
    return idp.a_browser()


@pytest.fixture
def jeanne() -> Professional:
    """Entitled to the DCC."""
    return JEANNE


@pytest.fixture
def paul() -> Professional:
    """Entitled to nothing."""
    return PAUL


@pytest.fixture
def dcc(idp: IdentityProvider, furnished: Furnished) -> Application:
    """Entered by those who are entitled."""
    return _application(idp, furnished, "dcc", "http://127.0.0.1:8411")


@pytest.fixture
def perinat(idp: IdentityProvider, furnished: Furnished) -> Application:
    """Entered by everyone who has an account."""
    return _application(idp, furnished, "perinat", "http://127.0.0.1:8412")


def _application(idp: IdentityProvider, furnished: Furnished, client_id: str, at: str) -> Application:
    return Application(
        idp=idp.app.wsgi_app,
        issuer=idp.issuer,
        client_id=client_id,
        secret=furnished.secrets[client_id],
        redirect_uri=f"{at}/callback",
        home_url=f"{at}/",
        post_logout_redirect_uri=f"{at}/signed-out",
    )


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The time, which goes on as it does and can be moved: `clock.shift(seconds)`."""
    with time_machine.travel(datetime.now(UTC)) as traveller:
        yield traveller
