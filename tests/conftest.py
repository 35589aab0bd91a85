"""What every test stands on: settings in a folder of its own, a private redis-server, no network.

The network is off by pytest-socket (its options are in setup.cfg): loopback and Unix sockets only.
"""

import gc
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import redis

from config import logging_setup
from config.redis.connection import client_for, socket_url
from config.redis.store import Store
from config.settings_reader import read
from config.sql.database import SQLITE_FILE, Database
from enrollment.journal_rules import JOURNAL_RULES as ENROLLMENT_RULES
from idp.journal_rules import JOURNAL_RULES as IDP_RULES
from idp.migrations import MIGRATIONS
from idp.settings import Settings
from tests.fixtures.services import running_redis
from tests.statements import compile_statements_once
from tests.templates import compile_once
from tests.url_rules import compile_rules_once

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

pytest_plugins = [  # one that another imports comes before it
    "tests.fixtures.accounts",
    "tests.fixtures.card",
    "tests.fixtures.card_login",
    "tests.fixtures.clock",
    "tests.fixtures.enrollment",
    "tests.fixtures.idp",
    "tests.fixtures.region",
    "tests.fixtures.interface",
    "tests.fixtures.saml",
    "tests.fixtures.artifacts",
    "tests.fixtures.metadata",
    "tests.fixtures.timings",
    "tests.sharing",
]

hypothesis.settings.register_profile("ci", deadline=None, max_examples=100, print_blob=True)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=4_000, print_blob=True)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=15, print_blob=True)
hypothesis.settings.load_profile("ci")
SEED = 2010
"""Of the examples that every run of all the tests draws, so that it gives the same verdict on the same code."""

compile_once()
compile_statements_once()
compile_rules_once()

DEVELOPMENT = {
    "environment": "development",
    "issuer": "http://localhost:8400",
    "mail_transport": "folder",
    "argon2_memory": 8,  # KiB: the least that argon2 takes
    "argon2_iterations": 1,
}

MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, where a durable write costs nothing
ENOUGH_MEMORY = 500_000_000

UMASK = os.umask(0o077)  # it cannot be read without being set
os.umask(UMASK)

PATIENT = ("slow", "browser", "postgresql", "interop")  # may take longer than setup.cfg's timeout
PATIENCE = 600


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write the golden files instead of comparing")


def pytest_configure(config: pytest.Config) -> None:
    """The properties draw the same examples each time, or others by another profile; `tmp_path` is in memory."""
    gc.disable()  # until the tests are collected: nothing of what is imported until then ever becomes garbage
    if config.getoption("hypothesis_seed", None) is None:
        draws_others = config.getoption("hypothesis_profile", None) in ("quick", "fuzz")
        seed = secrets.randbelow(2**32) if draws_others else SEED
        config.option.hypothesis_seed = hypothesis.core.global_force_seed = seed
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_MEMORY:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Put back what an application or a command that ran in this process has set: the umask, and the journal."""
    os.umask(UMASK)
    root = logging.getLogger()
    root.handlers[:] = [each for each in root.handlers if type(each).__module__ != logging_setup.__name__]
    root.setLevel(logging.WARNING)
    for name in (*IDP_RULES.least_levels, *ENROLLMENT_RULES.least_levels):
        logging.getLogger(name).setLevel(logging.NOTSET)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # a process that lasts a minute may keep more garbage than a service
    gc.enable()


def pytest_report_header(config: pytest.Config) -> str:
    return f"properties: --hypothesis-seed={config.getoption('hypothesis_seed')} runs the same again"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.get_closest_marker(name) for name in PATIENT) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest.fixture(scope="session")
def playwright() -> "Iterator[Playwright]":
    """What drives browsers: a process can have one only."""
    from playwright.sync_api import sync_playwright  # here, since the quick tests need not wait for it

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def redis_socket() -> Iterator[Path]:
    """The socket of one redis-server for the whole run."""
    with running_redis() as socket:
        yield socket


@pytest.fixture(scope="session")
def redis_server(redis_socket: Path) -> Iterator[redis.Redis]:
    """A client of that server, to see and change what is in it without the code under test."""
    with client_for(socket_url(redis_socket)) as client:
        yield client


@pytest.fixture
def redis_url(redis_socket: Path, redis_server: redis.Redis) -> str:
    """The address of that server, emptied for this test."""
    redis_server.flushall()
    return socket_url(redis_socket)


@pytest.fixture
def store(redis_url: str) -> Iterator[Store]:
    with client_for(redis_url) as client:
        yield Store(client)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and nothing in it, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "migrated.sqlite"
    database = Database.at(f"sqlite:///{file}")
    MIGRATIONS.migrate(database)
    database.close()
    return file


@pytest.fixture
def database(settings: Settings, migrated: Path) -> Iterator[Database]:
    """The database of `settings`."""
    shutil.copy(migrated, settings.data_folder / SQLITE_FILE)
    database = Database.open(settings)
    yield database
    database.close()


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> Settings:
    """A development installation in a folder of its own, whose password hashes cost next to nothing."""
    return read(
        Settings, file=None, variables={}, given=DEVELOPMENT | {"data_folder": str(tmp_path), "redis_url": redis_url}
    )
