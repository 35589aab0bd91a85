"""An installation that offers the card, the workstation of a person, and Chromium before both.

The files here share the installation and the browsers, which are long to start (tests/sharing.py). Nobody answers the
question of a headless browser: the permission is granted or denied before, or the question is closed.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from tests.chromium import running_chromium
from tests.installation import Installation
from tests.pages.card_installation import an_installation_with_the_card
from tests.pages.card_workstation import Workstation, a_workstation, decides
from tests.pages.window import NewWindow, Window, windows_of
from tests.ports import free_ports

NO_SOFTWARE = re.compile("ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE")


@pytest.fixture(scope="session")
def ports() -> tuple[int, ...]:
    return tuple(free_ports(2))


@pytest.fixture(scope="session")
def installation(authority, ports, tmp_path_factory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("card-pages")
    with an_installation_with_the_card(folder, authority, card_bridge_ports=",".join(map(str, ports))) as running:
        yield running


@pytest.fixture
def port(ports, request) -> int:
    """Where the card software listens: on the usual port, unless a test says otherwise."""
    return ports[getattr(request, "param", 0)]


@pytest.fixture
def pin_from_page() -> bool:
    """Whether the settings of the workstation accept a PIN that is typed in the page."""
    return False


@pytest.fixture
def workstation(installation, authority, port, card_reader, tmp_path, pin_from_page) -> Iterator[Workstation]:
    origin = installation.issuer
    with a_workstation(
        tmp_path, authority, card_reader, origin=origin, port=port, pin_from_page=pin_from_page
    ) as running:
        yield running


@pytest.fixture(scope="session", params=["public", "local"], ids=["Internet", "intranet"])
def browser(playwright: Playwright, installation, request) -> Iterator[Browser]:
    """Chromium, which takes the address of the identity provider for one of the Internet, or of the intranet."""
    space = f"--ip-address-space-overrides=127.0.0.1:{installation.port}={request.param}"
    with running_chromium(playwright, space) as started:
        yield started


@pytest.fixture
def new_window(browser, installation, request) -> Iterator[NewWindow]:
    windows: list[Window] = []

    def opens(**wanted: Any) -> Window:
        windows.append(opened(**wanted))
        return windows[-1]

    with windows_of(browser, installation, request.node) as opened:
        yield opens
        for window in windows:  # the page asks every port of the settings, and nobody listens on the others
            window.complaints[:] = [each for each in window.complaints if not NO_SOFTWARE.search(each)]


@pytest.fixture
def window(new_window, installation) -> Window:
    opened = new_window()
    decides(opened, installation.issuer, "granted")
    return opened
