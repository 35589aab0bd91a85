"""A person who asks for an account, before the pages of enrollment: what they fill in, step by step."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import time_machine

from tests.actors.browser import Browser
from tests.actors.page import Form, Page

ELOISE_TYPES = {
    "rpps": "997 0012 3450",
    "adeli": "",
    "profession": "Médecin",
    "title": "DR",
    "civility": "MME",
    "family_name": "d’Aubrac",
    "given_name": "Éloïse",
    "birth_name": "Villemont",
    "country": "FR",
    "street": "12, rue des Tilleuls",
    "po_box": "",
    "postcode": "45000",
    "town": "Orléans",
    "cedex": "",
    "department": "",
    "telephone": "02 61 91 12 34",
    "emergency_telephone": "",
    "mobile": "",
    "fax": "",
    "email": "eloise.daubrac@exemple.test",
    "confidentiality": "professionals",
}
"""What Éloïse d'Aubrac types in step 2. She does not exist, and neither does her number."""


@dataclass(slots=True)
class Applicant:
    """A person and their browser."""

    browser: Browser
    address: str

    @property
    def page(self) -> Page:
        return self.browser.page

    def visits(self, path: str) -> Page:
        return self.browser.visits(f"{self.address}{path}")

    def sends(self, *fields: str, **filled: Any) -> Page:
        """Fill in the form of the page that has these fields, and send it: boxes and choices only as `filled`."""
        form = self.page.form_with(*(fields or tuple(filled)))
        return self.browser.submits(Form(form.action, form.method, dict(form.hidden)), **filled)

    def presses(self, button: str, **filled: Any) -> Page:
        """Send the form of this button."""
        form = self.page.form_of(button)
        return self.browser.submits(Form(form.action, form.method, dict(form.hidden)), **filled)

    # --- the steps
    def begins(self, *, application: str = "") -> Page:
        self.visits(f"/?application={application}" if application else "/")
        return self.sends("conditions", conditions="accepted")

    def has_no_card(self) -> Page:
        return self.sends("card", card="no")

    def says_who_they_are(self, **otherwise: str) -> Page:
        return self.sends("family_name", **(ELOISE_TYPES | otherwise))

    def chooses(self, *wanted: str, reason: str = "Je présente mes patientes en réunion.", **otherwise: str) -> Page:
        """Ask for these, each named as `application:dcc` or `community:onco-centre`, for this reason."""
        chosen: dict[str, str] = {}
        for name in wanted:
            key = key_of(*name.split(":", 1))
            chosen |= {f"want-{key}": "yes", f"reason-{key}": reason}
        form = self.page.form_of("Continuer")
        return self.browser.submits(Form(form.action, form.method, dict(form.hidden)), **(chosen | otherwise))

    def comes_to_the_check(self, *wanted: str, **otherwise: str) -> Page:
        """From the entry to step 4, a minute ago: nobody fills in four pages within seconds."""
        with time_machine.travel(datetime.now(UTC) - timedelta(minutes=1), tick=True):
            self.begins()
            self.has_no_card()
            self.says_who_they_are(**otherwise)
            return self.chooses(*wanted)

    def finishes(self, **otherwise: str) -> Page:
        """Send the request: without script, so without a proof of work, unless `otherwise` says so."""
        return self.presses("Terminer mon inscription", **otherwise)

    def sends_a_request(self, *wanted: str, **otherwise: str) -> Page:
        self.comes_to_the_check(*wanted, **otherwise)
        return self.finishes()


def key_of(kind: str, name: str) -> str:
    """How the form of step 3 names what can be asked for."""
    return sha256(f"{kind}:{name}".encode()).hexdigest()[:12]
