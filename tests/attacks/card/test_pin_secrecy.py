"""The PIN at the workstation: in no log, no error and no frame that an error keeps, whatever fails and when."""

import logging
import traceback

import pytest

from card_bridge.assertion import Purpose
from card_bridge.workstation.apdu import CardChannel, CardMisbehaved
from card_bridge.workstation.connection import CardMute, CardRemoved, ConnectionFailed, ReaderUnplugged
from card_bridge.workstation.drivers.cps3 import Cps3Driver
from card_bridge.workstation.drivers.cps4 import Cps4Driver
from card_bridge.workstation.operation import look, sign
from card_bridge.workstation.pcsc import PcscReaders
from card_bridge.workstation.pin_entry.base import Pin, PinFormat
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.software import SoftwareReader
from tests.card_bridge.workstation.scripted import Answering, Types
from tests.processes import until

FIELDS = {"purpose": Purpose.LOGIN, "origin": "https://id.example", "nonce": "n" * 43}
PIN = "8361"  # wrong, so that a card answers and an operation goes on to tell the tries
SPELLINGS = ("8361", "38333631", "38 33 36 31", "[56, 51, 54, 49", "56, 51, 54, 49")
FORM = PinFormat(least=4, most=4, numeric=True, stored_length=8, padding=0xFF)


def spelled_in(text):
    return [spelling for spelling in SPELLINGS if spelling in text]


def kept_by(error):
    """What a debugger, or a report with local variables, finds in the frames of an error and of its causes."""
    frames = []
    while error is not None:
        frames += [frame for frame, _line in traceback.walk_tb(error.__traceback__)][1:]  # the first is the test's
        error = error.__cause__ or error.__context__
    return "\n".join(f"{name} = {value!r}" for frame in frames for name, value in frame.f_locals.items())


@pytest.mark.parametrize("driver", [Cps3Driver, Cps4Driver])
@pytest.mark.parametrize("answer", [CardRemoved(), CardMute(), ReaderUnplugged(), b"", b"\x90", bytes(300)])
def test_an_error_while_the_pin_is_sent_keeps_none_of_it(driver, answer):
    card = Answering(lambda _command: answer)
    with Pin(PIN.encode()) as pin, pytest.raises((ConnectionFailed, CardMisbehaved)) as raised:
        driver(CardChannel(card)).verify(1, pin, FORM)
    assert spelled_in(str(raised.value)) == []
    assert spelled_in(kept_by(raised.value)) == []


@pytest.mark.parametrize("persona", [personas.DOCTOR, personas.NURSE], ids=["CPS3", "CPS4"])
def test_an_operation_writes_no_pin_in_the_log(authority, caplog, persona):
    reader = SoftwareReader()
    reader.insert(make_card(persona, authority))
    with caplog.at_level(logging.DEBUG):
        answer = sign(reader, **FIELDS, pin_prompt=Types(PIN))
        look(reader)
    assert spelled_in(caplog.text + repr(answer)) == []


@pytest.mark.slow
def test_an_error_of_the_smart_card_service_keeps_no_pin(authority, card_slot):
    readers = PcscReaders()
    card_slot.insert(make_card(personas.DOCTOR, authority))
    until(lambda: readers.slots()[0].has_card, what="the card")
    connection = readers.slots()[0].connect()
    try:
        driver = Cps3Driver(CardChannel(connection))
        card_slot.pull()
        with Pin(PIN.encode()) as pin, pytest.raises(CardRemoved) as raised:
            driver.verify(1, pin, FORM)
    finally:
        connection.close()
    assert spelled_in(kept_by(raised.value)) == []
