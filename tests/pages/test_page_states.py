"""Every page of the identity provider in every state, whether or not a journey leads there easily.

The states are those of tests/idp/page_states.py, shown through the real shell.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.idp.page_states import STATES
from tests.pages.preview import served
from tests.pages.window import Window, windows_of

STYLED = "link => link.sheet ? true : new Promise(styled => link.addEventListener('load', () => styled(true)))"


@pytest.fixture(scope="module")
def shown() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture(params=["light", "dark"])
def window(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Window]:
    with windows_of(chromium, None, request.node) as opened:
        yield opened(color_scheme=request.param)


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_and_a_narrow_screen_scrolls_one_way_only(window, shown, state):
    # Some pages go on by themselves: an answer without content leaves them on the screen.
    window.page.route(lambda url: not url.startswith(shown), lambda asked: asked.fulfill(status=204))
    window.page.goto(f"{shown}/page/{state}", wait_until="commit")
    window.page.get_by_role("heading", level=1).wait_for()
    window.page.locator("link[rel=stylesheet]").evaluate(STYLED)

    assert window.accessibility_faults() == []
    window.is_as_wide_as_a_telephone()
    assert not window.scrolls_sideways()


def test_axe_sees_a_fault_when_there_is_one(window, shown):
    """Else the tests above would prove nothing."""
    window.page.goto(f"{shown}/page/home")
    window.page.evaluate("document.documentElement.removeAttribute('lang')")
    assert window.accessibility_faults()[0].startswith("html-has-lang")
