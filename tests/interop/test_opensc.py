"""OpenSC's tools read the virtual CPS3 and log in to it, by the driver that OpenSC has for the real card."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

from card_bridge.assertion import digest_info
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.card import VirtualCard
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.pkcs15 import FileIds
from card_bridge.workstation.virtual.vpcd import VpcdReader
from tests.installation import TREE
from tests.pcscd import SmartCardService
from tests.processes import until

pytestmark = pytest.mark.interop

TEXT = b"what OpenSC has the card sign"
AUTHENTICATION_KEY = "e828bd080f8025000001ff001002"

Tool = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def tool(pcscd: SmartCardService, tmp_path: Path) -> Tool:
    """Runs one of OpenSC's tools, with nothing cached from an earlier card."""
    environment = os.environ | pcscd.environment | {"HOME": str(tmp_path), "LC_ALL": "C"}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    return run


@pytest.fixture
def insert(pcscd: SmartCardService, card_slot: VpcdReader) -> Callable[[VirtualCard], None]:
    def inserted(card: VirtualCard) -> None:
        card_slot.insert(card)
        until(pcscd.sees_card, what="the card")

    return inserted


@pytest.fixture
def card(insert: Callable[[VirtualCard], None], authority: Authority) -> VirtualCard:
    """The physician's CPS3 in the reader."""
    made = make_card(personas.DOCTOR, authority)
    insert(made)
    return made


def test_the_card_is_known_by_its_atr(card, tool):
    assert tool("opensc-tool", "--atr").stdout.strip() == "3b:ac:00:40:2a:00:12:25:00:64:80:00:03:10:00:90:00"
    assert tool("opensc-tool", "--name").stdout.strip() == "IAS-ECC"


def test_the_number_of_the_card_is_read(card, tool):
    assert tool("opensc-tool", "--serial").stdout.startswith("00 00 01 99 70 00 00 01")


def test_the_directories_are_read(card, tool):
    said = tool("pkcs15-tool", "--dump").stdout
    for line in (
        "PKCS#15 Card [CPS]",
        "PIN [Code porteur]",
        "Private RSA Key [CPS_PRIV_SIG]",
        "Usage          : [0x200], nonRepudiation",
        "Private RSA Key [CPS_PRIV_AUT]",
        "Usage          : [0x06], decrypt, sign",
        "Key ref        : 130 (0x82)",
        "X.509 Certificate [CPS_CERT_AUT]",
        "Data object 'CPS_INFO_PS'",
    ):
        assert line in said


def test_a_card_with_other_files_is_read(insert, authority, tool):
    ids = FileIds(private_keys=0x6A01, certificates=0x6B77, authentication_objects=0x6C10, second_certificate=0x7B0C)
    insert(make_card(personas.MIDWIFE, authority, ids=ids))
    assert "3f0000017b0c" in tool("pkcs15-tool", "--dump").stdout


def test_the_certificate_is_read(card, tool, authority):
    said = tool("pkcs15-tool", "--read-certificate", AUTHENTICATION_KEY).stdout
    assert load_pem_x509_certificate(said.encode()) == load_der_x509_certificate(authority.issue(personas.DOCTOR).der)


def test_the_card_signs_after_the_pin(card, tool, authority, tmp_path):
    asked, signed = tmp_path / "asked", tmp_path / "signed"
    asked.write_bytes(digest_info(TEXT))
    done = tool(
        *("pkcs11-tool", "--login", "--pin", "1234", "--sign", "--mechanism", "RSA-PKCS"),
        *("--id", AUTHENTICATION_KEY, "--input-file", str(asked), "--output-file", str(signed)),
    )
    assert done.returncode == 0, done.stderr
    certificate = load_der_x509_certificate(authority.issue(personas.DOCTOR).der)
    certificate.public_key().verify(signed.read_bytes(), TEXT, PKCS1v15(), SHA256())


def test_a_wrong_pin_is_refused_and_counted(card, tool):
    refused = tool("pkcs11-tool", "--login", "--pin", "9999", "--list-objects")
    assert "CKR_PIN_INCORRECT" in refused.stderr
    assert card.transmit(bytes.fromhex("00200001")) == bytes.fromhex("63C2")


def test_a_blocked_pin_is_refused(insert, authority, tool):
    insert(make_card(personas.PIN_BLOCKED, authority))
    assert "CKR_PIN_LOCKED" in tool("pkcs11-tool", "--login", "--pin", "1234", "--list-objects").stderr


def test_a_kit_puts_its_card_in_the_reader(pcscd, kit, tool):
    """`card-bridge personas connect` follows the folder of a kit, which other commands change."""
    command = [sys.executable, "-m", "card_bridge.workstation", "personas", "connect", "--folder", str(kit.folder)]
    entered = ["nsenter", f"--net=/proc/{pcscd.process.pid}/ns/net"]
    with subprocess.Popen([*entered, *command], cwd=TREE, stdout=subprocess.DEVNULL) as process:
        try:
            assert not pcscd.sees_card()
            kit.insert(personas.MIDWIFE)
            until(pcscd.sees_card, what="the card")
            assert tool("opensc-tool", "--serial").stdout.startswith("00 00 01 99 70 00 00 03")
            kit.pull()
            until(lambda: not pcscd.sees_card(), what="the removal of the card")
        finally:
            process.terminate()
