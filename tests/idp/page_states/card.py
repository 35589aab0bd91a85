"""The pages of a login by card."""

from dataclasses import replace

from config.web.pages import Page
from idp.login.methods.base import MethodPanel
from idp.login.methods.card.method import CardMethod
from idp.login.methods.card.pages import CardByBrowserPage, CardLoginRefusedPage, CardPanel, CardSoftwarePage
from idp.login.methods.password import PasswordMethod
from idp.login.pages import SignOnPage
from tests.idp.page_states.parts import DCC, PENDING

BOTH = (
    CardPanel(
        method="card",
        template=CardMethod.template,
        ports=(16731, 16732),
        by_browser=True,
        connects_to=("http://127.0.0.1:16731", "http://127.0.0.1:16732"),
    ),
    MethodPanel(method="password", template=PasswordMethod.template),
)

STATES: dict[str, Page] = {
    "sign-on-card": SignOnPage(application=DCC, pending=PENDING, panels=BOTH),
    "sign-on-card-last": SignOnPage(
        application=DCC, pending=PENDING, panels=(replace(BOTH[0], is_open=True, was_used_last=True), BOTH[1])
    ),
    "sign-on-card-refused": SignOnPage(
        application=DCC,
        pending=PENDING,
        panels=(replace(BOTH[0], is_open=True), BOTH[1]),
        problems=(("card", "card.expired"),),
    ),
    "sign-on-card-alone": SignOnPage(
        application=DCC,
        pending=PENDING,
        reason="login.assurance",
        person="Jeanne Dupont",
        panels=(replace(BOTH[0], is_open=True, by_browser=False),),
    ),
    "sign-on-card-voluntary": SignOnPage(
        application=DCC,
        pending=PENDING,
        reason="login.voluntary-assurance",
        person="Jeanne Dupont",
        voluntary="card",
        panels=(replace(BOTH[0], is_open=True, by_browser=False),),
    ),
    "card-software": CardSoftwarePage(
        application=DCC,
        pending=PENDING,
        addresses=("http://127.0.0.1:16731/hand-off?ticket=t", "http://127.0.0.1:16732/hand-off?ticket=t"),
    ),
    "card-by-browser": CardByBrowserPage(
        application=DCC, pending=PENDING, address="https://0c2a.cps.id.example/card/tls/t"
    ),
    "card-unknown": CardLoginRefusedPage(
        reason="unknown-card", token="t", holder="Éloïse d’Aubrac", application=DCC, pending=PENDING
    ),
    "card-operator-needed": CardLoginRefusedPage(
        reason="operator-needed", token="", holder="Éloïse d’Aubrac", pending=PENDING
    ),
    "card-another-person": CardLoginRefusedPage(
        reason="another-person", token="", holder="Éloïse d’Aubrac", application=DCC, pending=PENDING
    ),
    "card-account-disabled": CardLoginRefusedPage(
        reason="account-disabled", token="", holder="Éloïse d’Aubrac", pending=PENDING
    ),
    "card-ended": CardLoginRefusedPage(reason="card-ended", token="", holder="Éloïse d’Aubrac", pending=PENDING),
}
