"""A card of another kind, written by other people, is foreign to the bridge: it asks no PIN and nothing is signed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from card_bridge.assertion import Purpose
from card_bridge.states import CardState
from card_bridge.workstation.operation import NotSigned, look, sign
from card_bridge.workstation.pcsc import PcscReaders
from card_bridge.workstation.virtual.vpcd import FIRST_PORT
from tests.card_bridge.workstation.scripted import Types
from tests.installation import TREE
from tests.pcscd import SmartCardService
from tests.processes import PATIENCE, until

pytestmark = pytest.mark.interop

READERS = PcscReaders()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An NSS database with three self-signed certificates."""
    folder = tmp_path_factory.mktemp("nss")
    (folder / "noise").write_bytes(os.urandom(64))
    certutil = ["certutil", "-d", f"sql:{folder}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True, timeout=60)
    for number in range(1, 4):
        name = f"cert{number}"
        subprocess.run(
            [
                *certutil,
                *("-S", "-x", "-n", name, "-s", f"CN=Foreign card {number}"),
                *("-t", "TC,TC,TC", "-m", str(number), "-z", str(folder / "noise")),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )
    return folder


@pytest.fixture(autouse=True)
def foreign_card(pcscd: SmartCardService, database: Path) -> Iterator[None]:
    """The Common Access Card in the first slot."""
    with pcscd.connect(FIRST_PORT) as connection:
        command = [sys.executable, "-m", "tests.interop.libcacard_card", str(database), str(connection.fileno())]
        process = subprocess.Popen(command, cwd=TREE, pass_fds=[connection.fileno()])
    until(pcscd.sees_card, what="the card")
    yield
    process.terminate()
    process.wait(PATIENCE)
    until(lambda: not pcscd.sees_card(), what="the removal of the card")


def _tool(pcscd: SmartCardService, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=os.environ | pcscd.environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_opensc_knows_the_card(pcscd):
    assert "Common Access Card" in _tool(pcscd, "opensc-tool", "--name").stdout


def test_the_card_is_foreign():
    assert look(READERS).state is CardState.FOREIGN


def test_the_card_is_asked_for_no_signature_and_the_person_for_no_pin():
    prompt = Types("1234")
    answer = sign(READERS, purpose=Purpose.LOGIN, origin="https://id.example", nonce="n" * 43, pin_prompt=prompt)
    assert answer == NotSigned(reason=CardState.FOREIGN)
    assert prompt.requests == []


def test_the_command_says_so(pcscd):
    said = _tool(pcscd, sys.executable, "-m", "card_bridge.workstation", "status", "--json")
    assert json.loads(said.stdout)["state"] == "foreign"
    assert said.returncode == 5
