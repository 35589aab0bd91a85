"""Every page of both services in every state, whether or not a journey leads there easily.

The states are those of tests/idp/page_states and tests/enrollment/page_states.py, shown through the real shell.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from tests.chromium import PATIENCE_MS
from tests.pages.preview import SERVICES, served
from tests.pages.window import Window

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


@pytest.fixture(scope="module")
def tab(chromium: Browser, shown: dict[str, str]) -> Iterator[Window]:
    """One tab for every page: a page that is opened in the tab of the one before costs a fifth of one in a new tab."""
    with chromium.new_context(locale="fr-FR", reduced_motion="reduce") as context:  # colours change at once
        context.set_default_timeout(PATIENCE_MS)
        tab = Window(context, None)
        # Some pages go on by themselves: an answer without content leaves them on the screen.
        ours = "|".join(re.escape(address) for address in shown.values())
        tab.page.route(re.compile(f"^(?!{ours})"), lambda asked: asked.fulfill(status=204))
        yield tab


@pytest.fixture
def window(tab: Window, request: pytest.FixtureRequest) -> Iterator[Window]:
    request.node.windows = [tab]  # for the pictures
    tab.complaints.clear()
    tab.page.emulate_media(color_scheme="light")
    tab.page.set_viewport_size({"width": 1280, "height": 720})
    yield tab
    assert not tab.complaints, "\n".join(tab.complaints)


@pytest.mark.parametrize(("service", "state"), STATES, ids=lambda word: word)
def test_axe_finds_nothing_in_light_or_dark_and_a_narrow_screen_scrolls_one_way_only(window, shown, service, state):
    window.page.goto(f"{shown[service]}/page/{state}", wait_until="commit")
    window.page.get_by_role("heading", level=1).wait_for()
    window.page.locator("link[rel=stylesheet]").evaluate_all(STYLED)

    assert window.accessibility_faults() == []
    window.page.emulate_media(color_scheme="dark")
    assert window.accessibility_faults() == []
    for scheme in ("dark", "light"):
        window.page.emulate_media(color_scheme=scheme)
        window.is_as_wide_as_a_telephone()
        assert not window.scrolls_sideways()


def test_axe_sees_a_fault_when_there_is_one(window, shown):
    """Else the tests above would prove nothing."""
    window.page.goto(f"{shown['idp']}/page/home")
    window.page.evaluate("document.documentElement.removeAttribute('lang')")
    assert window.accessibility_faults()[0].startswith("html-has-lang")


def test_axe_sees_a_colour_that_cannot_be_read_in_the_dark(window, shown):
    """Else nothing would prove that the second look is at other colours than the first."""
    window.page.goto(f"{shown['idp']}/page/home")
    window.page.evaluate(
        """document.adoptedStyleSheets = [new CSSStyleSheet()];
        document.adoptedStyleSheets[0].replaceSync("@media (prefers-color-scheme: dark) { h1 { color: #111 } }")"""
    )
    assert window.accessibility_faults() == []
    window.page.emulate_media(color_scheme="dark")
    assert window.accessibility_faults()[0].startswith("color-contrast")
