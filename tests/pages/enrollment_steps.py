"""What an applicant and an operator do in a browser, a step at a time."""

import re
from collections.abc import Collection, Mapping, Sequence

from playwright.sync_api import expect

from tests.actors.applicant import ELOISE_TYPES
from tests.demonstration import Demonstration
from tests.installation import Professional
from tests.pages.window import Window
from tests.processes import until

WHY = "Je présente mes patientes en réunion."


def presses(window: Window, words: str | re.Pattern[str]) -> None:
    window.page.get_by_role("button", name=words).click()
    window.page.wait_for_load_state()


def goes_on(window: Window) -> None:
    """Press the button that goes on: it comes last."""
    window.page.locator("main form button.primary").last.click()
    window.page.wait_for_load_state()


# --- the applicant


def accepts_the_conditions(window: Window) -> None:
    window.page.locator("#conditions").check()
    goes_on(window)


def has_no_card(window: Window) -> None:
    window.page.locator("input[name=card][value=no]").check()
    goes_on(window)


def says_who_they_are(window: Window, *, without: Collection[str] = (), **otherwise: str) -> None:
    """Fill in step 2, but for the fields `without`."""
    for name, text in (ELOISE_TYPES | otherwise).items():
        if name in without:
            continue
        field = window.page.locator(f"#{name}")
        if name in ("civility", "confidentiality"):
            window.page.locator(f"input[name={name}][value={text}]").check()
        elif name in ("title", "country", "department"):
            field.select_option(text)
        else:
            field.fill(text)
    goes_on(window)


def says_why(window: Window) -> None:
    """Give a reason for each choice that is made, then go on."""
    for reason in window.page.locator("li:has(> .choice :checked) input[id^=reason-]").all():
        reason.fill(WHY)
    goes_on(window)


def sends(window: Window) -> None:
    """Send the request, again while the page says that it comes too fast for a person."""

    def is_sent() -> bool:
        goes_on(window)
        return window.path == "/request/sent"

    until(is_sent, what="the page that says that the request is sent")


def asks_for_the_dcc(window: Window, region: Demonstration, **person: str) -> str:
    """Ask for an account and for the DCC, from the entry to the verified address; the address of the status page."""
    window.page.goto(f"{region.enrollment}/?application=dcc")
    accepts_the_conditions(window)
    has_no_card(window)
    says_who_they_are(window, **person)
    presses(window, "Ajouter Onco Centre")
    says_why(window)
    sends(window)
    return verifies_their_address(window, region, person["email"])


def verifies_their_address(window: Window, region: Demonstration, email: str) -> str:
    window.page.goto(region.link(email, "verify"))
    goes_on(window)
    expect(window.page).to_have_url(re.compile(r"/status/"))
    return window.page.url


def logs_in_first(window: Window, login: str, password: str) -> None:
    """Choose a password on the page of the mailed link, and log in to the DCC with it."""
    window.page.locator("input[autocomplete=new-password]").fill(password)
    goes_on(window)
    window.page.get_by_role("link", name="Se connecter au DCC").click()
    window.gives(login, password)


def logs_in_first_by_keyboard(window: Window, login: str, password: str) -> None:
    """The same with the keyboard alone, but for the login itself (test_login_journeys.py has it)."""
    page, keyboard = window.page, window.page.keyboard
    window.tabs_to(page.locator("input[autocomplete=new-password]"))
    keyboard.type(password)
    keyboard.press("Enter")
    expect(page.get_by_role("link", name="Se connecter au DCC")).to_be_visible()
    window.tabs_to(page.get_by_role("link", name="Se connecter au DCC"))
    keyboard.press("Enter")
    page.wait_for_url("**/login/dcc:*")
    window.gives(login, password)


# --- the operator


def opens_the_queue(window: Window, region: Demonstration, operator: Professional) -> None:
    window.page.goto(f"{region.enrollment}/office")
    window.gives(operator.login, operator.password)
    expect(window.page).to_have_url(re.compile(r"/office"))


def opens_the_request(window: Window, region: Demonstration, name: str) -> None:
    window.page.goto(f"{region.enrollment}/office")
    window.page.get_by_role("link", name=name).last.click()  # the newest: the demonstration has older ones
    expect(window.page.get_by_role("heading", level=1)).to_contain_text(name)


def decides(window: Window, choices: Mapping[str, str], *, ask: Sequence[str] = (), words: str = "") -> None:
    """Choose for each part, whose name begins so, read the decision again, and confirm it."""
    for part, choice in choices.items():
        row = window.page.locator("#decide tr", has=window.page.get_by_role("rowheader", name=part)).first
        row.get_by_label(choice, exact=True).check()
        if choice == "Refuser":
            row.locator("select[id^=code-]").select_option(index=1)
    if ask:
        window.page.locator("#ask > summary").click()
    for field in ask:
        window.page.locator(f"#ask-{field}").check()
    if words:
        window.page.locator("#words").fill(words)
    presses(window, "Relire avant de décider")
    presses(window, "Décider et écrire à la personne")


def refuses_by_keyboard(window: Window, region: Demonstration, name: str) -> None:
    """Find the request in the queue and refuse all of it, with the keyboard alone."""
    page, keyboard = window.page, window.page.keyboard
    page.goto(f"{region.enrollment}/office")
    window.tabs_to(page.locator("#q"))
    keyboard.type(name)
    keyboard.press("Enter")
    page.wait_for_url("**q=*")
    window.tabs_to(page.get_by_role("link", name=name))
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    for row in page.locator("#decide tr", has=page.locator("select[id^=code-]")).all():
        window.tabs_to(row.locator("input[type=radio]:checked"))
        while not row.get_by_label("Refuser", exact=True).is_checked():
            keyboard.press("ArrowLeft")
        window.tabs_to(row.locator("select[id^=code-]"))
        keyboard.press("ArrowDown")
    for button in ("Relire avant de décider", "Décider et écrire à la personne"):
        expect(page.get_by_role("button", name=button)).to_be_visible()
        window.tabs_to(page.get_by_role("button", name=button))
        keyboard.press("Enter")
