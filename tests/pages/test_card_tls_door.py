"""A login by the certificate of a card that Chromium itself shows by TLS, through nginx.

Chromium has the certificate and the key of a virtual card in its NSS database, as the driver of a card would give it,
and a managed policy chooses the certificate: nobody can answer the chooser of a headless browser. Policies are read
from /etc alone, so Chromium runs in a mount namespace of its own, where /etc/chromium is the test's.

No policy answers the question for the PIN that Chromium asks when the key is in a card, so a headless one waits for
ever. GnuTLS and OpenSC's module take its place for that one request, with the key in the virtual card.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from playwright.sync_api import Browser, Playwright

from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.personas import DOCTOR, Persona
from tests.chromium import running_chromium
from tests.installation import Installation
from tests.interop.gnutls import gnutls_with_card
from tests.outages.card_door import DOMAIN, SOCKET, running_listener, running_nginx
from tests.pages.card_installation import an_installation_with_the_card
from tests.pages.window import Window, windows_of
from tests.ports import free_ports
from tests.processes import until

PASSWORD = "a file of a moment"


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls-door")


@pytest.fixture(scope="module")
def installation(authority, port, folder) -> Iterator[Installation]:
    data = folder / "data"
    data.mkdir(mode=0o700)
    settings = {"card_tls_domain": f"{DOMAIN}:{port}", "card_tls_socket": str(folder / SOCKET)}
    with an_installation_with_the_card(data, authority, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def door(installation, authority, port, folder) -> Iterator[str]:
    """nginx and the listener; the digest of the key of nginx, as Chromium wants it."""
    with running_listener(installation.environment, folder), running_nginx(folder, port, authority) as server:
        yield server.public_key_digest


def card_in_browser(persona: Persona | None, authority: Authority, home: Path) -> Path:
    """A program that starts Chromium with the certificate of a persona, and a policy that shows it at our door."""
    database = home / ".pki/nssdb"
    database.mkdir(parents=True)
    subprocess.run(["certutil", "-N", "-d", f"sql:{database}", "--empty-password"], check=True)
    if persona is not None:
        issued, file = authority.issue(persona), home / "card.p12"
        file.write_bytes(
            serialize_key_and_certificates(
                b"CPS",
                issued.key,
                x509.load_der_x509_certificate(issued.der),
                x509.load_pem_x509_certificates(authority.intermediates.encode()),
                BestAvailableEncryption(PASSWORD.encode()),
            )
        )
        subprocess.run(["pk12util", "-i", file, "-d", f"sql:{database}", "-W", PASSWORD, "-K", ""], check=True)
    policies = home / "etc/policies/managed"
    policies.mkdir(parents=True)
    chosen = json.dumps({"pattern": f"https://[*.]{DOMAIN}", "filter": {}})
    (policies / "card.json").write_text(json.dumps({"AutoSelectCertificateForUrls": [chosen]}))
    chromium = shutil.which("chromium")
    assert chromium, "these tests need Debian's package chromium"
    program = home / "chromium"
    inside = f'mount --bind {shlex.quote(str(home / "etc"))} /etc/chromium && exec {chromium} "$@"'
    program.write_text(
        f"#!/bin/sh\nexport HOME={shlex.quote(str(home))}\n"
        f'exec unshare --map-root-user --mount sh -c {shlex.quote(inside)} chromium "$@"\n'
    )
    program.chmod(0o755)
    return program


@pytest.fixture
def persona() -> Persona | None:
    return DOCTOR


@pytest.fixture
def browser(playwright: Playwright, authority, door, persona, tmp_path) -> Iterator[Browser]:
    program = card_in_browser(persona, authority, tmp_path)
    trusting = f"--ignore-certificate-errors-spki-list={door}"
    with running_chromium(playwright, trusting, "--no-sandbox", program=str(program)) as started:
        yield started


@pytest.fixture
def window(browser, installation, request) -> Iterator[Window]:
    with windows_of(browser, installation, request.node) as opened:
        yield opened(java_script_enabled=False)


def comes_to_the_door(window: Window, installation: Installation) -> None:
    window.opens(installation.dcc)
    window.page.get_by_role("link", name="Se connecter").click()
    window.page.locator("summary", has_text="Carte CPS").click()
    window.page.get_by_role("button", name="Par le navigateur").click()


def goes_to_the_door(window: Window, installation: Installation) -> None:
    comes_to_the_door(window, installation)
    window.page.get_by_role("link", name="Choisir mon certificat").click()


def test_the_browser_shows_the_certificate_of_the_card_and_the_person_is_in(window, installation):
    goes_to_the_door(window, installation)
    window.arrives(installation.dcc)
    assert "Bonjour Jeanne Dupont" in window.text
    assert window.page.locator("#amr").inner_text() == "carte sc, code PIN pin, plusieurs facteurs mfa"


@pytest.mark.parametrize("persona", [None], ids=["no card"])
def test_a_browser_without_the_certificate_comes_back_with_a_sentence(window, installation):
    goes_to_the_door(window, installation)
    window.page.get_by_text("n’a montré aucun certificat").wait_for()


@pytest.fixture
def card_at_the_door(pcscd, card_slot, authority, port, tmp_path) -> Callable[[str], str]:
    """Asks for an address with the key of the physician's card, in TLS; where the answer leads."""
    card_slot.insert(make_card(DOCTOR, authority))
    until(pcscd.sees_card, what="the card")

    def asks(address: str) -> str:
        asked = urlsplit(address)
        assert asked.hostname
        command = gnutls_with_card(port, "TLS1.2", server_name=asked.hostname)
        request = f"GET {asked.path} HTTP/1.1\r\nHost: {asked.netloc}\r\nConnection: close\r\n\r\n"
        environment = os.environ | pcscd.environment | {"HOME": str(tmp_path)}
        done = subprocess.run(
            command, env=environment, input=request, capture_output=True, text=True, timeout=60, check=False
        )
        leads = re.search(r"^location: (\S+)", done.stdout, re.IGNORECASE | re.MULTILINE)
        assert leads, done.stdout + done.stderr
        return leads[1]

    return asks


@pytest.mark.slow
@pytest.mark.parametrize("persona", [None], ids=["key in the card"])
def test_the_key_in_the_card_itself_proves_who_the_person_is(window, installation, card_at_the_door):
    comes_to_the_door(window, installation)
    address = window.page.get_by_role("link", name="Choisir mon certificat").get_attribute("href")
    back = card_at_the_door(address)
    assert re.match(rf"{re.escape(installation.issuer)}/login/[^/]+/card/return\?handle=[\w-]{{43}}$", back)
    window.page.goto(back)
    window.arrives(installation.dcc)
    assert "Bonjour Jeanne Dupont" in window.text


@pytest.mark.slow
@pytest.mark.parametrize("persona", [None], ids=["key in the card"])
def test_what_the_card_proved_opens_nothing_in_another_browser(window, browser, installation, card_at_the_door):
    comes_to_the_door(window, installation)
    address = window.page.get_by_role("link", name="Choisir mon certificat").get_attribute("href")
    back = card_at_the_door(address)
    stranger = browser.new_context().new_page()
    stranger.goto(back)
    stranger.goto(f"{installation.dcc.url}/me")
    assert "Jeanne" not in stranger.locator("body").inner_text()
    stranger.context.close()
