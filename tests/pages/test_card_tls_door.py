"""A login by the certificate of a card that Chromium itself shows by TLS, through nginx.

Chromium has the certificate and the key of a virtual card in its NSS database, as the driver of a card would give it,
and a managed policy chooses the certificate: nobody can answer the chooser of a headless browser. Policies are read
from /etc alone, so Chromium runs in a mount namespace of its own, where /etc/chromium is the test's.
"""

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from playwright.sync_api import Browser, Playwright

from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.personas import DOCTOR, Persona
from tests.chromium import running_chromium
from tests.installation import Installation
from tests.outages.card_door import DOMAIN, SOCKET, running_listener, running_nginx
from tests.pages.card_installation import an_installation_with_the_card
from tests.pages.window import Window, windows_of
from tests.ports import free_ports

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


def goes_to_the_door(window: Window, installation: Installation) -> None:
    window.opens(installation.dcc)
    window.page.get_by_role("link", name="Se connecter").click()
    window.page.locator("summary", has_text="Carte CPS").click()
    window.page.get_by_role("button", name="Par le navigateur").click()
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
