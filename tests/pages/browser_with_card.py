"""Chromium with the certificate of a card, and a policy that shows it at the TLS door.

Chromium reads keys from the NSS database of its user's home, and from the PKCS#11 modules that the database names. It
reads policies from /etc alone, so it runs in a mount namespace of its own, where /etc/chromium is the test's.
"""

import json
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.personas import Persona
from tests.interop.gnutls import MODULE
from tests.outages.card_door import DOMAIN

_PASSWORD = "a file of a moment"


def make_database(home: Path) -> None:
    """Make the NSS database of this home, without a password."""
    _database(home).mkdir(parents=True)
    subprocess.run(["certutil", "-N", "-d", f"sql:{_database(home)}", "--empty-password"], check=True)


def import_key(home: Path, persona: Persona, authority: Authority) -> None:
    """Put the key and the certificate of a persona's card in the database itself: Chromium asks for no PIN."""
    issued, file = authority.issue(persona), home / "card.p12"
    file.write_bytes(
        serialize_key_and_certificates(
            b"CPS",
            issued.key,
            x509.load_der_x509_certificate(issued.der),
            x509.load_pem_x509_certificates(authority.intermediates.encode()),
            BestAvailableEncryption(_PASSWORD.encode()),
        )
    )
    command = ["pk12util", "-i", str(file), "-d", f"sql:{_database(home)}", "-W", _PASSWORD, "-K", ""]
    subprocess.run(command, check=True)


def add_driver(home: Path) -> None:
    """Name OpenSC's PKCS#11 module in the database: Chromium uses the card that is in a reader of pcscd."""
    command = ["modutil", "-dbdir", f"sql:{_database(home)}", "-add", "CPS", "-libfile", str(MODULE), "-force"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def chromium_program(home: Path, environment: Mapping[str, str]) -> Path:
    """A program that starts Chromium in this home. It chooses the certificate at our door without a question."""
    policies = home / "etc/policies/managed"
    policies.mkdir(parents=True)
    chosen = json.dumps({"pattern": f"https://[*.]{DOMAIN}", "filter": {}})
    (policies / "card.json").write_text(json.dumps({"AutoSelectCertificateForUrls": [chosen]}))
    chromium = shutil.which("chromium")
    assert chromium, "these tests need Debian's package chromium"
    program = home / "chromium"
    inside = f'mount --bind {shlex.quote(str(home / "etc"))} /etc/chromium && exec {chromium} "$@"'
    exports = (f"export {name}={shlex.quote(value)}\n" for name, value in ({"HOME": str(home)} | environment).items())
    program.write_text(
        f'#!/bin/sh\n{"".join(exports)}exec unshare --map-root-user --mount sh -c {shlex.quote(inside)} chromium "$@"\n'
    )
    program.chmod(0o755)
    return program


def _database(home: Path) -> Path:
    return home / ".pki/nssdb"
