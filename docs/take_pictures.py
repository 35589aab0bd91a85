"""The pictures of the documentation, taken of a running demonstration: `make pictures`.

They follow the walk of the README: the login page, the last step of a request, and the request before an operator.
"""

import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from idp.demo.people import PEOPLE

PICTURES = Path(__file__).parent / "pictures"
FIRST_PORT = 20600
IDP, ENROLLMENT, DCC = (
    f"http://{host}:{FIRST_PORT + after}" for host, after in (("localhost", 0), ("127.0.0.1", 1), ("127.0.0.1", 11))
)
EMAIL = "eloise.daubrac@exemple.test"
PERSON = {
    "rpps": "99700000104", "profession": "Médecin", "family_name": "d’Aubrac", "given_name": "Éloïse",
    "street": "12, rue des Tilleuls", "postcode": "45000", "town": "Orléans", "telephone": "02 61 91 12 34",
    "email": EMAIL,
}  # fmt: skip
WHY = "Je présente mes patientes en réunion de concertation."


@contextmanager
def _a_demonstration():
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "idp", "demo", "--folder", folder, "--first-port", str(FIRST_PORT)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                if not any("Ctrl-C" in line for line in process.stdout):
                    sys.exit("the demonstration does not start")
                yield
            finally:
                process.terminate()


def _page(browser: Browser) -> Page:
    return browser.new_page(viewport={"width": 1000, "height": 860}, locale="fr-FR")


def _go_on(page: Page) -> None:
    page.locator("main form button.primary").last.click()
    page.wait_for_load_state()


def _log_in(page: Page, login: str) -> None:
    page.get_by_text("Identifiant et mot de passe").click()
    page.locator("input[autocomplete~=username]").fill(login)
    page.locator("input[autocomplete=current-password]").fill(
        next(each.password for each in PEOPLE if each.login == login)
    )
    page.keyboard.press("Enter")


def _ask_for_an_account(page: Page) -> None:
    page.goto(f"{DCC}/login")
    page.wait_for_url(re.compile("/login/"))
    page.screenshot(path=PICTURES / "sign-on.png")
    page.get_by_role("link", name="Demander un compte").click()
    page.locator("#conditions").check()
    _go_on(page)
    page.locator("input[name=card][value=no]").check()
    _go_on(page)
    for name, text in PERSON.items():
        page.locator(f"#{name}").fill(text)
    for name, value in (("civility", "MME"), ("confidentiality", "professionals")):
        page.locator(f"input[name={name}][value={value}]").check()
    _go_on(page)
    page.get_by_role("button", name="Ajouter Onco Centre").click()
    for reason in page.locator("input[name^=reason-]:visible").all():
        reason.fill(WHY)
    _go_on(page)
    page.get_by_text("Calcul terminé").wait_for()
    page.screenshot(path=PICTURES / "enrollment-check.png", full_page=True)
    while not page.url.endswith("/sent"):  # a request sent within seconds is refused: a person is slower
        _go_on(page)
    page.goto(f"{IDP}/demo/letters")
    page.get_by_role("link", name="Suivre le lien").first.click()
    _go_on(page)


def _show_the_request(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(f"{ENROLLMENT}/office")
    _log_in(page, "oriou")
    page.wait_for_url(f"{ENROLLMENT}/office")
    page.get_by_role("link", name="Éloïse d’Aubrac").last.click()  # the newest
    page.wait_for_load_state()
    page.screenshot(path=PICTURES / "office-request.png")


def main() -> None:
    with _a_demonstration(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        _ask_for_an_account(_page(browser))
        _show_the_request(_page(browser))
        browser.close()


if __name__ == "__main__":
    main()
