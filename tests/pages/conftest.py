"""A headless Chromium before a whole installation; a picture is kept of each window of a test that fails."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from card_bridge.workstation.virtual.vpcd import VpcdReader
from tests.chromium import running_chromium
from tests.demonstration import Demonstration, a_demonstration
from tests.fixtures.card import CardReader, reader_of_pcscd
from tests.installation import Installation, Professional, RunningApplication, an_installation
from tests.pages.window import NewWindow, Window, windows_of

PICTURES = Path(__file__).parent / "pictures"  # not kept by git

JEANNE = Professional(login="jdupont", given_name="Jeanne", family_name="Dupont", password="Cerisier-Bleu-72")


@pytest.hookimpl(tryfirst=True)  # before tests/conftest.py gives patience to what is marked
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    report = yield
    if report.when == "call" and report.failed:
        for number, window in enumerate(getattr(item, "windows", [])):
            name = re.sub(r"[^A-Za-z0-9_-]+", "-", item.name)
            window.take_picture(PICTURES / f"{name}-{number}.png")
    return report


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with an_installation(tmp_path_factory.mktemp("pages")) as running:
        yield running


@pytest.fixture(scope="session")
def dcc(installation: Installation) -> RunningApplication:
    return installation.dcc


@pytest.fixture(scope="session")
def perinat(installation: Installation) -> RunningApplication:
    return installation.perinat


@pytest.fixture(scope="session")
def messagerie(installation: Installation) -> RunningApplication:
    return installation.messagerie


@pytest.fixture(scope="session")
def jeanne(installation: Installation) -> Professional:
    return installation.create(JEANNE)


@pytest.fixture
def person_to_come(request: pytest.FixtureRequest) -> Professional:
    """Somebody no other test knows: they may mistype and change their password."""
    number = zlib.crc32(request.node.nodeid.encode())
    return replace(JEANNE, login=f"zinventee{number}", given_name="Zoé", family_name="Inventée")


@pytest.fixture
def person(installation: Installation, person_to_come: Professional) -> Professional:
    return installation.create(person_to_come)


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with running_chromium(playwright) as browser:
        yield browser


@pytest.fixture
def new_window(chromium: Browser, installation: Installation, request: pytest.FixtureRequest) -> Iterator[NewWindow]:
    """Opens a browser of its own, with what is asked of it: `java_script_enabled`, `locale`, `viewport` ..."""
    with windows_of(chromium, installation, request.node) as opened:
        yield opened


@pytest.fixture
def window(new_window: NewWindow) -> Window:
    return new_window()


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """What `make demo` starts: both services and the virtual cards. Several files use it (tests/sharing.py)."""
    with a_demonstration(tmp_path_factory.mktemp("region")) as running:
        yield running


@pytest.fixture
def open_window(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[NewWindow]:
    """Opens windows before the region."""
    with windows_of(chromium, None, request.node) as opened:
        yield opened


@pytest.fixture
def card_reader(card_slot: VpcdReader) -> CardReader:
    """A reader of the real smart card service; `tests/contracts/cards` holds those of software to the same promises."""
    return reader_of_pcscd(card_slot)


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def any_window(new_window: NewWindow, request: pytest.FixtureRequest) -> Window:
    """For what must work without script as well."""
    return new_window(java_script_enabled=request.param)
