"""Every code that a person can meet has its sentence (enrollment/messages.py)."""

import pytest

from config.reference.numbers import NumberFault
from config.reference.telephones import TelephoneFault
from enrollment.messages import SENTENCES
from enrollment.office.messages import SENTENCES as OFFICE_SENTENCES


@pytest.mark.parametrize("fault", [*NumberFault, *TelephoneFault])
def test_every_fault_of_a_number_is_said(fault):
    assert SENTENCES[fault].endswith(".")


def test_a_code_has_one_sentence():
    """What an operator reads of a state is not what the person reads of it, so the codes differ."""
    assert set(SENTENCES).isdisjoint(OFFICE_SENTENCES)
