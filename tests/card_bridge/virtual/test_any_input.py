"""Whatever is sent to a virtual card or to the server of a kit, it answers and goes on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.kit import Kit
from card_bridge.workstation.virtual.server import KitApp
from tests.fixtures.card import KIT_ADDRESS

BOTH_CARDS = pytest.mark.parametrize("persona", [personas.DOCTOR, personas.NURSE], ids=["CPS3", "CPS4"])

INSTRUCTIONS = st.sampled_from([0x20, 0x22, 0x2A, 0x70, 0x84, 0x88, 0xA4, 0xB0, 0xC0, 0xCB])
CLASSES = st.sampled_from([0x00, 0x01, 0x10, 0x11])
COMMANDS = st.binary(max_size=270) | st.builds(
    lambda cla, ins, rest: bytes([cla, ins]) + rest, CLASSES, INSTRUCTIONS, st.binary(max_size=270)
)
PATHS = st.sampled_from(["/", "/insert", "/pull", "/answer", "/renew-tries", "/ocsp", "/ocsp/AAAA"]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=40
).map(lambda text: f"/{text}")


@pytest.fixture(scope="module")
def authority_kit(tmp_path_factory, authority_folder):
    """One kit for every example."""
    made = Kit.make(tmp_path_factory.mktemp("kit"), address=KIT_ADDRESS, authority_bits=2048)
    (made.folder / "keys").symlink_to(authority_folder)
    return made


@BOTH_CARDS
@settings(max_examples=30)
@given(commands=st.lists(COMMANDS, max_size=30))
def test_a_card_answers_any_command_with_a_status_word(authority, persona, commands):
    card = make_card(persona, authority)
    for command in commands:
        answer = card.transmit(command)
        assert 2 <= len(answer) <= 258
        assert answer[-2] & 0xF0 in (0x60, 0x90)
    card.reset()


@settings(max_examples=50)
@given(
    path=PATHS,
    method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS"]),
    body=st.binary(max_size=200) | st.sampled_from([b"persona=doctor&lang=fr", b"answer=accept&to=x", b"\xff=\xff"]),
)
def test_the_server_has_no_fault(authority_kit, path, method, body):
    client = Client(KitApp(authority_kit, port=8416))
    answered = client.open(
        path,
        method=method,
        base_url=KIT_ADDRESS,
        headers={"Origin": KIT_ADDRESS},
        data=body,
        content_type="application/x-www-form-urlencoded",
    )
    assert answered.status_code < 500
