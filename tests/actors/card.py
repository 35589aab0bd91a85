"""A person with a card: the reader and the card software of the workstation, and what they give to a browser.

The card is a virtual one behind the real drivers. The software is played by the calls that it makes; tests/pages has
the real one.
"""

import base64
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask
from werkzeug.test import Client, TestResponse

from card_bridge.assertion import Purpose
from card_bridge.verification.hand_offs import HandOffs
from card_bridge.workstation.operation import Signed, sign
from card_bridge.workstation.pin_entry.base import Pin, PinRequest
from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.personas import PIN, Persona
from card_bridge.workstation.virtual.software import SoftwareReader
from idp.login.methods.card.tls_listener import tls_listener
from tests.actors.browser import Browser
from tests.actors.identity_provider import IdentityProvider
from tests.actors.page import Page

OTHER_ORIGIN = "https://id.imitation.example"


class TypedPin:
    """A person who types the right PIN."""

    def ask(self, _request: PinRequest) -> Pin:
        return Pin(PIN.encode())


@dataclass(slots=True)
class Card:
    """A card in the reader of a workstation, whose holder wants to log in to `idp`."""

    persona: Persona
    authority: Authority
    idp: IdentityProvider
    _reader: SoftwareReader = field(default_factory=SoftwareReader)
    _token: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    """The presence token of the card software, whose hash the card signs."""

    def __post_init__(self) -> None:
        self._reader.insert(make_card(self.persona, self.authority))

    def signs(self, nonce: str, *, purpose: str = "login", origin: str | None = None) -> str:
        """The assertion for a page of `origin`, ours unless said otherwise."""
        signed = sign(
            self._reader,
            purpose=Purpose(purpose),
            origin=origin or self.idp.issuer,
            nonce=nonce,
            pin_prompt=TypedPin(),
            presence=sha256(self._token).digest(),
        )
        assert isinstance(signed, Signed), signed
        return signed.assertion.written()

    def is_pulled(self) -> None:
        """The card leaves the reader, and the card software tells the identity provider."""
        token = base64.urlsafe_b64encode(self._token).rstrip(b"=").decode()
        answer = called(self.idp.app, "POST", "/card/removed", json={"token": token}, base_url=self.idp.issuer)
        assert answer.status_code == 204

    # --- door 1: the page's script ---------------------------------------------------

    def logs_in(self, browser: Browser, *, origin: str | None = None) -> Page:
        """What the page's script does once the person has pressed its button."""
        challenge = self.is_challenged(browser)
        assertion = self.signs(challenge["nonce"], purpose=challenge["purpose"], origin=origin)
        return posts(browser, assertion, challenge["nonce"])

    def is_challenged(self, browser: Browser) -> dict[str, str]:
        form = browser.page.form_with("assertion", "nonce")
        answer: dict[str, str] = browser.asks(f"{form.action}/challenge", posting=form.hidden).get_json()
        return answer

    # --- door 2: the card software ---------------------------------------------------

    def answers_ticket(self, ticket: str) -> str:
        """What the software does with a ticket: the address to which it sends the browser."""
        challenge = self.software_asks("GET", ticket).get_json()
        assertion = self.signs(challenge["nonce"], purpose=challenge["purpose"])
        return str(self.software_asks("POST", ticket, json={"assertion": assertion}).get_json()["return_to"])

    def software_asks(self, method: str, ticket: str, **named: Any) -> TestResponse:
        return called(self.idp.app, method, f"/card/hand-off/{ticket}", **named)

    # --- door 3: TLS -----------------------------------------------------------------

    def is_shown(self, address: str, **headers: str) -> TestResponse:
        """What nginx passes to the listener when the browser opens `address` and shows the card's certificate."""
        settings, parts = self.idp.settings, urlsplit(address)
        listener = tls_listener(
            HandOffs(self.idp.services.store), issuer=settings.origin, domain=settings.card_tls_domain
        )
        shown = {"X-Card-Verified": "SUCCESS", "X-Card-Certificate": quote(self.pem)} | headers
        return Client(listener).get(parts.path, base_url=f"{parts.scheme}://{parts.netloc}", headers=shown)

    @property
    def pem(self) -> str:
        certificate = x509.load_der_x509_certificate(self.authority.issue(self.persona).der)
        return certificate.public_bytes(Encoding.PEM).decode()


def called(app: Flask, method: str, path: str, **named: Any) -> TestResponse:
    """A request of a program, which keeps no cookies."""
    return app.test_client(use_cookies=False).open(path, method=method, **named)


def posts(browser: Browser, assertion: str, nonce: str) -> Page:
    return browser.submits(browser.page.form_with("assertion", "nonce"), assertion=assertion, nonce=nonce)


def goes_to_software(browser: Browser) -> str:
    """Press "Par le logiciel de carte": the ticket in the link that follows."""
    browser.submits(browser.page.form_of("Par le logiciel de carte"), door="software")
    return parse_qs(urlsplit(browser.page.link("Ouvrir le logiciel de carte")).query)["ticket"][0]


def goes_to_browser_door(browser: Browser) -> str:
    """Press "Par le navigateur": the address in the link that follows."""
    browser.submits(browser.page.form_of("Par le logiciel de carte"), door="tls")
    return browser.page.link("Choisir mon certificat")
