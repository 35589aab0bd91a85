"""Whole installations on free ports, to be killed, cut off and started again. All of it is slow."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from config.encryption import DEVELOPMENT_FILE
from config.sql.database import SQLITE_FILE, Database
from idp.container.services import Services
from tests.actors.application import Application
from tests.actors.browser import Professional
from tests.actors.identity_provider import Operator
from tests.fixtures.idp import Furnished
from tests.fixtures.services_postgresql import PostgreSQL, start_postgresql
from tests.outages.service import Service
from tests.ports import free_ports

AT = {"dcc": "http://127.0.0.1:8411", "perinat": "http://127.0.0.1:8412"}  # as they are registered; nothing is there

NewService = Callable[..., Service]


@pytest.hookimpl(tryfirst=True)  # before tests/conftest.py gives patience to what is marked
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def new_service(tmp_path: Path, furnished: Furnished) -> Iterator[NewService]:
    """Makes a service that is killed after the test: furnished with people and applications, or empty."""
    with ExitStack() as ended:

        def made(*, empty: bool = False, folder: Path | None = None, **changed: Any) -> Service:
            folder = folder or tmp_path / "data"
            folder.mkdir(mode=0o700, exist_ok=True)
            if not empty:
                for name in (SQLITE_FILE, DEVELOPMENT_FILE):
                    shutil.copy(furnished.folder / name, folder / name)
            service = Service(folder, free_ports(1)[0], {name: str(value) for name, value in changed.items()})
            ended.callback(service.kill)
            return service

        yield made


@pytest.fixture
def service(new_service: NewService) -> Service:
    """A furnished service that runs."""
    return new_service().start()


@pytest.fixture
def operator(service: Service) -> Iterator[Operator]:
    """The operator of `service`, from a process that is none of its own."""
    database = Database.open(service.settings)
    yield Operator(services=Services.of(service.settings, database))
    database.close()


@pytest.fixture
def dcc(service: Service, furnished: Furnished) -> Application:
    return service.application("dcc", furnished.secrets["dcc"], at=AT["dcc"])


@pytest.fixture
def perinat(service: Service, furnished: Furnished) -> Application:
    return service.application("perinat", furnished.secrets["perinat"], at=AT["perinat"])


@pytest.fixture
def people(operator: Operator) -> list[Professional]:
    """Four more than Jeanne and Paul, so that threads do not meet one another's limits."""
    names = [("aleroy", "Alice"), ("bleroy", "Bastien"), ("cleroy", "Claire"), ("dleroy", "Denis")]
    return [operator.creates(Professional(login, "Verger-Ancien-64!", given, "Leroy")) for login, given in names]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with start_postgresql() as running:
        yield running
