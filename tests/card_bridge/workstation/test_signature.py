"""A whole operation over virtual cards, which were written apart from the drivers: directories, PIN and signature."""

from random import Random
from threading import Timer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from card_bridge.assertion import Purpose, digest_info, signed_text
from card_bridge.states import CardState, SignOutcome
from card_bridge.workstation.apdu import CardChannel, CardMisbehaved
from card_bridge.workstation.connection import CardMute
from card_bridge.workstation.credential import read_credential
from card_bridge.workstation.drivers.table import driver_for
from card_bridge.workstation.operation import NotSigned, Signed, look, sign
from card_bridge.workstation.pin_entry.base import PinTimedOut, PinUnavailable
from card_bridge.workstation.version import VERSION
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.pkcs15 import FileIds, PinFormat
from card_bridge.workstation.virtual.software import SoftwareReader
from tests.card_bridge.workstation.scripted import OneSlot, Slots, Types, never_asked

FIELDS = {"purpose": Purpose.LOGIN, "origin": "https://id.example", "nonce": "n" * 43, "presence": b"p" * 32}
CPS3, CPS4 = personas.DOCTOR, personas.NURSE
STATES = {
    personas.EXPIRES_SOON: CardState.EXPIRES_SOON,
    personas.EXPIRED: CardState.EXPIRED,
    personas.NOT_YET_VALID: CardState.NOT_YET_VALID,
    personas.NOT_ACTIVATED: CardState.NOT_ACTIVATED,
    personas.PIN_BLOCKED: CardState.PIN_BLOCKED,
}
"""Those of the personas whose card is not ready."""


@pytest.fixture
def reader():
    return SoftwareReader()


@pytest.fixture(params=[CPS3, CPS4], ids=["CPS3", "CPS4"])
def card(request, authority, reader):
    """A virtual card of each generation, in the reader."""
    card = make_card(request.param, authority)
    reader.insert(card)
    return card


def assert_signed(answer, fields=FIELDS):
    """The signature is that of the certificate's key over the fields."""
    assert isinstance(answer, Signed)
    assertion = answer.assertion
    certificate = x509.load_der_x509_certificate(assertion.certificate)
    text = signed_text(**fields, certificate=assertion.certificate)
    certificate.public_key().verify(assertion.signature, text, padding.PKCS1v15(), SHA256())
    return certificate


def test_a_ready_card_is_seen_with_its_holder_and_the_tries(card, reader):
    seen = look(reader)
    assert (seen.state, seen.tries_left, seen.reader) == (CardState.READY, 3, reader.name)
    assert seen.holder is not None
    assert seen.holder.name in ("Jeanne DUPONT", "Anne-Laure LE GALL")


def test_the_card_signs_the_fields_and_nothing_else(card, reader):
    answer = sign(reader, **FIELDS, pin_prompt=Types("1234"))
    certificate = assert_signed(answer)
    assert answer.assertion.presence == FIELDS["presence"]
    assert answer.assertion.bridge == VERSION
    assert answer.slot.name == reader.name
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.content_commitment


@pytest.mark.slow
@pytest.mark.parametrize("persona", [CPS3, CPS4], ids=["CPS3", "CPS4"])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_card_may_choose_the_identifiers_of_its_files(authority, persona, seed):
    reader = SoftwareReader()
    reader.insert(make_card(persona, authority, ids=FileIds.invented(Random(seed))))  # noqa: S311 - file numbers
    answer = sign(reader, **FIELDS, pin_prompt=Types("1234"))
    assert_signed(answer)
    assert answer.assertion.certificate == authority.issue(persona).der


@pytest.mark.parametrize("form", [PinFormat(least=4, most=8, stored=8, padding=0xFF), PinFormat(stored=6, padding=0)])
@pytest.mark.parametrize("persona", [CPS3, CPS4], ids=["CPS3", "CPS4"])
def test_the_pin_is_asked_and_padded_as_the_directory_says(authority, reader, persona, form):
    reader.insert(make_card(persona, authority, pin=form))
    prompt = Types("1234")
    assert_signed(sign(reader, **FIELDS, pin_prompt=prompt))
    asked = prompt.requests[0].format
    assert (asked.least, asked.most) == (form.least, form.most)
    assert (asked.stored_length, asked.padding) == (form.stored, form.padding)


def test_the_person_is_told_the_origin_the_holder_and_the_tries(card, reader):
    prompt = Types(None)
    sign(reader, **FIELDS, pin_prompt=prompt)
    request = prompt.requests[0]
    assert (request.origin, request.purpose, request.reader) == (FIELDS["origin"], Purpose.LOGIN, reader.name)
    assert (request.tries_left, request.is_last_try) == (3, False)
    assert (request.format.least, request.format.most, request.format.numeric) == (4, 4, True)
    assert request.holder.name
    assert request.pinpad is None


def test_a_wrong_pin_ends_the_operation_and_tells_the_tries(card, reader):
    prompt = Types("9999", "1234")
    assert sign(reader, **FIELDS, pin_prompt=prompt) == NotSigned(reason=SignOutcome.PIN_WRONG, tries_left=2)
    assert len(prompt.requests) == 1
    assert look(reader).tries_left == 2


@pytest.mark.parametrize("typed", ["123", "12345", "12a4"])
def test_a_pin_that_the_card_cannot_have_uses_no_try(card, reader, typed):
    answer = sign(reader, **FIELDS, pin_prompt=Types(typed))
    assert answer == NotSigned(reason=SignOutcome.PIN_WRONG, tries_left=3)


def test_the_last_try_is_used_only_with_the_tick(card, reader):
    for _time in range(2):
        sign(reader, **FIELDS, pin_prompt=Types("9999"))
    prompt = Types("1234")
    assert sign(reader, **FIELDS, pin_prompt=prompt) == NotSigned(reason=SignOutcome.PIN_CANCELLED, tries_left=1)
    assert prompt.requests[0].is_last_try
    assert_signed(sign(reader, **FIELDS, pin_prompt=Types("1234", last_try_accepted=True)))


def test_three_wrong_pins_block_the_card(card, reader):
    for _time in range(2):
        sign(reader, **FIELDS, pin_prompt=Types("9999"))
    last = sign(reader, **FIELDS, pin_prompt=Types("9999", last_try_accepted=True))
    assert last == NotSigned(reason=CardState.PIN_BLOCKED, tries_left=0)
    again = sign(reader, **FIELDS, pin_prompt=never_asked)
    assert again == NotSigned(reason=CardState.PIN_BLOCKED, tries_left=0)


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        (None, SignOutcome.PIN_CANCELLED),
        (PinTimedOut(), SignOutcome.PIN_TIMED_OUT),
        (PinUnavailable(), SignOutcome.PIN_UNAVAILABLE),
    ],
)
def test_without_a_pin_nothing_is_signed_and_no_try_is_used(card, reader, entry, outcome):
    assert sign(reader, **FIELDS, pin_prompt=Types(entry)) == NotSigned(reason=outcome, tries_left=3)


def test_a_card_pulled_while_the_pin_is_typed_signs_nothing(card, reader):
    answer = sign(reader, **FIELDS, pin_prompt=Types("1234", before=reader.pull))
    assert answer == NotSigned(reason=SignOutcome.CARD_REMOVED)


def test_a_window_that_closes_because_the_card_was_pulled_says_so(card, reader):
    answer = sign(reader, **FIELDS, pin_prompt=Types(None, before=reader.pull))
    assert answer.reason is SignOutcome.CARD_REMOVED


def test_the_pin_is_wiped_after_use(card, reader):
    prompt = Types("1234")
    sign(reader, **FIELDS, pin_prompt=prompt)
    assert bytes(prompt.given[0].octets) == bytes(4)


def test_no_other_program_reaches_the_card_while_the_pin_is_typed(card, reader):
    seen = []
    sign(reader, **FIELDS, pin_prompt=Types("1234", before=lambda: seen.append(look(reader).state)))
    assert seen == [CardState.READER_BUSY]


def test_a_reader_that_another_program_uses_for_a_moment_is_waited_for(card, reader):
    other = reader.connect()
    timer = Timer(0.1, other.close)
    timer.start()
    assert_signed(sign(reader, **FIELDS, pin_prompt=Types("1234")))
    timer.join()


@pytest.mark.slow
def test_a_reader_that_another_program_keeps_is_busy(card, reader):
    other = reader.connect()
    assert sign(reader, **FIELDS, pin_prompt=never_asked) == NotSigned(reason=CardState.READER_BUSY)
    other.close()


def test_the_card_is_reset_after_the_signature(card, reader):
    """The PIN is forgotten: another program cannot sign with it."""
    sign(reader, **FIELDS, pin_prompt=Types("1234"))
    connection = reader.connect()
    driver = driver_for(connection.atr)(CardChannel(connection))
    driver.open()
    reference = read_credential(driver).key_reference
    with pytest.raises(CardMisbehaved, match="6982"):  # security status not satisfied
        driver.sign(reference, digest_info(b"any text"), key_octets=256)


def test_the_signature_key_is_never_used(card, reader):
    """No MANAGE SECURITY ENVIRONMENT names the signature template, and no PSO asks for a signature (ISO/IEC 7816-8)."""
    sign(reader, **FIELDS, pin_prompt=Types("1234"))
    assert not {each[2:] for each in card.trace} & {"2241B6", "2A9E9A", "2A90A0"}


@pytest.mark.parametrize("persona", personas.PERSONAS, ids=lambda persona: persona.name)
def test_a_card_is_seen_in_its_state_and_signs_if_it_may_log_in(authority, reader, persona):
    reader.insert(make_card(persona, authority))
    state, tries_left = STATES.get(persona, CardState.READY), look(reader).tries_left
    assert look(reader).state is state
    if state in (CardState.READY, CardState.EXPIRES_SOON):
        assert_signed(sign(reader, **FIELDS, pin_prompt=Types("1234")))
    else:
        answer = sign(reader, **FIELDS, pin_prompt=never_asked)
        assert answer == NotSigned(reason=state, tries_left=tries_left)


def test_looking_verifies_no_pin_and_signs_nothing(card, reader):
    look(reader)
    assert not [header for header in card.trace if header[2:4] in ("22", "88", "2A")]


def test_of_two_readers_the_one_with_a_cps_signs(authority, reader):
    reader.insert(make_card(CPS3, authority))
    slot = reader.slots()[0]
    for readers in (Slots(OneSlot(CardMute()), slot), Slots(slot, OneSlot(None))):
        assert_signed(sign(readers, **FIELDS, pin_prompt=Types("1234")))
