"""Every code that a person can meet has its sentence (enrollment/messages.py)."""

import pytest

from config.reference.numbers import NumberFault
from config.reference.telephones import TelephoneFault
from enrollment.messages import SENTENCES


@pytest.mark.parametrize("fault", [*NumberFault, *TelephoneFault])
def test_every_fault_of_a_number_is_said(fault):
    assert SENTENCES[fault].endswith(".")
