"""A browser window and the person before it: what they do, what they see, and what the browser complains of."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, Response, expect

from tests.chromium import PATIENCE_MS
from tests.installation import Installation, Professional, RunningApplication

MOST_TABS = 40

# Errors to Chromium's console that are none to us: a page that answers 4xx is a page like any other, and an
# application's own scheme waits for the person to press the link.
NO_COMPLAINTS = ("Failed to load resource: the server responded with a status of", "Not allowed to launch")


class Window:
    """One tab. `complaints` gathers console errors, refused by CSP included, and whatever failed to load."""

    def __init__(
        self, context: BrowserContext, installation: Installation | None, *, runs_scripts: bool = True
    ) -> None:
        self.context = context
        self.runs_scripts = runs_scripts
        self._installation = installation
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("response", self._look_at)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(NO_COMPLAINTS):
            self.complaints.append(f"{message.type}: {message.text} ({urlsplit(self.page.url).path})")

    def _look_at(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.complaints.append(f"{response.status}: {response.url}")

    def another(self) -> "Window":
        """Another tab of the same browser."""
        other = Window(self.context, self._installation, runs_scripts=self.runs_scripts)
        other.complaints = self.complaints
        return other

    def is_as_wide_as_a_telephone(self) -> None:
        self.page.set_viewport_size({"width": 320, "height": 640})

    def stays_before(self, address: str) -> None:
        """Whatever leads to `address` leads nowhere (204 No Content), so that a page that goes on by itself is seen."""
        self.page.route(re.compile(re.escape(address)), lambda route: route.fulfill(status=204))

    # --- what a person does --------------------------------------------------------

    def opens(self, application: RunningApplication) -> None:
        self.page.goto(application.url)

    def asks_to_log_in(self, application: RunningApplication) -> None:
        """From the application's own button to the sign-on page."""
        self.opens(application)
        self.page.get_by_role("link", name="Se connecter").click()
        self.opens_the_password()

    def opens_the_password(self) -> None:
        """Choose the password, where the page offers another method too and has opened none."""
        self.login_field.wait_for(state="attached")
        if self.login_field.is_hidden():
            self.page.locator("details.method", has=self.login_field).locator("summary").click()
            if self.runs_scripts:
                expect(self.login_field).to_be_focused()

    def gives(self, login: str, password: str) -> None:
        self.opens_the_password()
        self.login_field.fill(login)
        self.password_field.fill(password)
        self.submit.click()

    def logs_in(self, person: Professional, *, to: RunningApplication) -> None:
        self.asks_to_log_in(to)
        self.gives(person.login, person.password)
        self.arrives(to)

    def arrives(self, application: RunningApplication) -> None:
        """At the page that only a logged-in person sees, though a second click has ended what the first began."""
        expect(self.page).to_have_url(f"{application.url}/me")
        self.page.wait_for_load_state()

    def logs_out(self, application: RunningApplication) -> None:
        self.page.get_by_role("button", name="Se déconnecter").click()
        self.page.wait_for_url(re.compile(re.escape(f"{application.url}/signed-out")))

    def tabs_to(self, wanted: Locator) -> None:
        """With the keyboard alone; each stop on the way shows where it is."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            assert self.page.evaluate(FOCUS_IS_VISIBLE), f"focus cannot be seen on {self.page.evaluate(FOCUSED)}"
            if wanted.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"{wanted} cannot be reached with the keyboard")

    def logs_in_with_the_keyboard(self, person: Professional, *, to: RunningApplication) -> None:
        """No key but Tab, Enter and those of the username and the password."""
        self.opens(to)
        self.tabs_to(self.page.get_by_role("link", name="Se connecter"))
        self.page.keyboard.press("Enter")
        self.login_field.wait_for()
        if not self.login_field.evaluate("element => element === document.activeElement"):
            self.tabs_to(self.login_field)
        self.page.keyboard.type(person.login)
        self.tabs_to(self.password_field)
        self.page.keyboard.type(person.password)
        self.page.keyboard.press("Enter")
        self.arrives(to)

    # --- what a person sees --------------------------------------------------------

    @property
    def installation(self) -> Installation:
        assert self._installation, "this window is before no installation"
        return self._installation

    @property
    def login_field(self) -> Locator:
        return self.page.locator("input[autocomplete~=username]")

    @property
    def password_field(self) -> Locator:
        return self.page.locator("input[autocomplete=current-password]")

    @property
    def submit(self) -> Locator:
        return self.page.locator("form:has(input[autocomplete=current-password]) button[type=submit]")

    @property
    def text(self) -> str:
        self.page.wait_for_load_state()  # what a click opens is known as soon as its beginning is there
        return self.page.locator("body").inner_text()

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def is_at_provider(self) -> bool:
        return self.page.url.startswith(self.installation.issuer)

    def accessibility_faults(self) -> list[str]:
        """What axe finds: the rule, and where."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        return list(self.page.evaluate(AXE_FAULTS))

    def scrolls_sideways(self) -> bool:
        """WCAG 2.2, 1.4.10: at 320 pixels, one direction of scrolling is enough."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    def take_picture(self, file: Path) -> None:
        """None is taken of a browser that has ended: the failure of the test is then what is told."""
        file.parent.mkdir(exist_ok=True)
        with suppress(Error):
            self.page.screenshot(path=file, full_page=True)


NewWindow = Callable[..., Window]


@contextmanager
def windows_of(chromium: Browser, installation: Installation | None, test: pytest.Item) -> Iterator[NewWindow]:
    """Opens windows for `test`, and sees at the end that the browser complained of nothing in any of them."""
    windows: list[Window] = []
    test.windows = windows  # type: ignore[attr-defined]  # for the pictures

    def opened(**wanted: Any) -> Window:
        context = chromium.new_context(**({"locale": "fr-FR"} | wanted))
        context.set_default_timeout(PATIENCE_MS)
        windows.append(Window(context, installation, runs_scripts=wanted.get("java_script_enabled", True)))
        return windows[-1]

    yield opened
    complaints = [complaint for window in windows for complaint in window.complaints]
    for window in windows:
        if chromium.is_connected():  # what it wrote before it ended is told where it was started
            window.context.close()
    assert not complaints, "\n".join(complaints)


AXE_FAULTS = """async () => {
    const { violations } = await axe.run({ resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map(
        ({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`
    ));
}"""

FOCUSED = "document.activeElement.outerHTML.slice(0, 200)"

FOCUS_IS_VISIBLE = """() => {
    const focused = document.activeElement;
    if (focused === document.body) return true;   // the browser's own buttons have the focus
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(focused);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
}"""
