"""Every page of both services in every state, whether or not a journey leads there easily.

The states are those of tests/idp/page_states.py and tests/enrollment/page_states.py, shown through the real shell.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from tests.pages.preview import SERVICES, served
from tests.pages.window import Window, windows_of

STYLED = (
    "links => Promise.all(links.map(link =>"
    " link.sheet || new Promise(styled => link.addEventListener('load', () => styled(true)))))"
)
STATES = [(service, state) for service, pages in SERVICES.items() for state in pages.STATES]


@pytest.fixture(scope="module")
def shown() -> Iterator[dict[str, str]]:
    """Where the pages of each service are shown."""
    with ExitStack() as stack:
        yield {service: stack.enter_context(served(service)) for service in SERVICES}


@pytest.fixture(params=["light", "dark"])
def window(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Window]:
    with windows_of(chromium, None, request.node) as opened:
        yield opened(color_scheme=request.param)


@pytest.mark.parametrize(("service", "state"), STATES, ids=lambda word: word)
def test_axe_finds_nothing_and_a_narrow_screen_scrolls_one_way_only(window, shown, service, state):
    address = shown[service]
    # Some pages go on by themselves: an answer without content leaves them on the screen.
    window.page.route(lambda url: not url.startswith(address), lambda asked: asked.fulfill(status=204))
    window.page.goto(f"{address}/page/{state}", wait_until="commit")
    window.page.get_by_role("heading", level=1).wait_for()
    window.page.locator("link[rel=stylesheet]").evaluate_all(STYLED)

    assert window.accessibility_faults() == []
    window.is_as_wide_as_a_telephone()
    assert not window.scrolls_sideways()


def test_axe_sees_a_fault_when_there_is_one(window, shown):
    """Else the tests above would prove nothing."""
    window.page.goto(f"{shown['idp']}/page/home")
    window.page.evaluate("document.documentElement.removeAttribute('lang')")
    assert window.accessibility_faults()[0].startswith("html-has-lang")
