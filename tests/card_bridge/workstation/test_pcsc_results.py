"""What the results and the features of PC/SC mean. No smart card service is needed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_bridge.workstation import pcsc
from card_bridge.workstation.connection import (
    CardMute,
    CardRemoved,
    NoReaderService,
    ReaderBusy,
    ReaderUnplugged,
)

scard = pytest.importorskip("smartcard.scard", reason="`make quick` runs without pyscard; `make test` installs it")


@pytest.mark.parametrize(
    ("result", "failure"),
    [
        ("SCARD_E_NO_SERVICE", NoReaderService),
        ("SCARD_E_SERVICE_STOPPED", NoReaderService),
        ("SCARD_E_UNKNOWN_READER", ReaderUnplugged),
        ("SCARD_E_READER_UNAVAILABLE", ReaderUnplugged),
        ("SCARD_E_SHARING_VIOLATION", ReaderBusy),
        ("SCARD_E_NO_SMARTCARD", CardRemoved),
        ("SCARD_W_REMOVED_CARD", CardRemoved),
        ("SCARD_W_UNRESPONSIVE_CARD", CardMute),
        ("SCARD_W_UNPOWERED_CARD", CardMute),
        ("SCARD_W_UNSUPPORTED_CARD", CardMute),
        ("SCARD_E_PROTO_MISMATCH", CardMute),
        ("SCARD_E_NOT_TRANSACTED", CardMute),
        ("SCARD_F_UNKNOWN_ERROR", CardMute),
    ],
)
def test_each_result_has_its_failure(result, failure):
    with pytest.raises(failure):
        pcsc.check(getattr(scard, result))


def test_success_is_no_failure():
    pcsc.check(scard.SCARD_S_SUCCESS)


@given(result=st.integers(0x80100001, 0x801000FF))
def test_any_other_result_is_a_failure_of_the_card(result):
    with pytest.raises((CardMute, CardRemoved, NoReaderService, ReaderBusy, ReaderUnplugged)):
        pcsc.check(result)


def test_without_pyscard_the_service_is_away(monkeypatch):
    monkeypatch.setattr(pcsc, "installed_scard", None)
    with pytest.raises(NoReaderService, match="pyscard"):
        pcsc.PcscReaders().slots()


def test_the_features_of_a_reader_are_read():
    """PC/SC part 10 section 2.2: FEATURE_VERIFY_PIN_DIRECT is 06, and the control code is written most octet first."""
    assert pcsc.parse_features(bytes.fromhex("0604 42330006 0704 42330007 1204 42330012")) == {
        0x06: 0x42330006,
        0x07: 0x42330007,
        0x12: 0x42330012,
    }


@given(octets=st.binary(max_size=100))
def test_any_list_of_features_is_read(octets):
    pcsc.parse_features(octets)
