"""The page of the demonstration that moves virtual cards and answers the card bridge, beside the page of a person."""

import re

from tests.demonstration import Demonstration
from tests.installation import RunningApplication
from tests.pages.window import Window
from tests.processes import until

ALLOW, RIGHT_PIN, WRONG_PIN = "Autoriser", "Taper 1234, le bon code", "Taper 9999, un code inexact"


def card_table(window: Window, demonstration: Demonstration) -> Window:
    """The page, in another tab of this browser, with every card as it was when it was new."""
    tab = window.another()
    tab.page.goto(f"{demonstration.cards}/?lang=fr")
    tab.page.get_by_role("button", name="Rendre leurs essais à toutes les cartes").click()
    return tab


def inserts(table: Window, persona: str) -> None:
    button = table.page.get_by_role("button", name=f"Insérer {persona}", exact=True)
    inserted = table.page.get_by_text(f"Carte insérée\u202f: {persona}.")

    def is_inserted() -> bool:
        """The page shows the one or the other, and nothing for a moment whenever it loads itself again."""
        if button.is_visible():
            button.click()
        return inserted.is_visible()

    until(is_inserted, what="the card in the reader")


def presses(table: Window, answer: str) -> None:
    """Answer a question of the bridge, which the page shows within a few seconds."""
    table.page.get_by_role("button", name=answer, exact=True).click()


def pulls(table: Window) -> None:
    presses(table, "Retirer la carte")


def asks_for_card(window: Window, application: RunningApplication) -> None:
    """From the application's own button to the reading of the card on the sign-on page."""
    window.opens(application)
    window.page.get_by_role("link", name="Se connecter").click()
    window.page.locator("summary").filter(has_text="Carte CPS").click()
    window.page.get_by_role("button", name="Continuer et autoriser").click()


def signs(window: Window, table: Window, pin: str = RIGHT_PIN) -> None:
    """From the press of the page to the PIN."""
    window.page.get_by_role("button", name=re.compile("code PIN")).first.click()
    answers(table, pin)


def answers(table: Window, pin: str) -> None:
    """What the bridge asks: the PIN and, the first time, whether the site may use the card."""
    allow, enter = (table.page.get_by_role("button", name=name, exact=True) for name in (ALLOW, pin))

    def is_asked_for_the_pin() -> bool:
        if allow.is_visible():
            allow.click()
        return enter.is_visible()

    until(is_asked_for_the_pin, what="the question for the PIN")
    presses(table, pin)
