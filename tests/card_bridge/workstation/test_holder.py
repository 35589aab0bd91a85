"""The holder as windows show them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from card_bridge.certificate import CardCertificate
from card_bridge.workstation.holder import Holder
from card_bridge.workstation.virtual import personas


@pytest.fixture(scope="module")
def certificate(authority):
    parsed = CardCertificate.parse(authority.issue(personas.DOCTOR).der)
    return replace(parsed, not_after=datetime(2029, 6, 30, 12, tzinfo=UTC))


def test_the_holder_has_a_name_a_profession_and_an_end_of_validity(certificate):
    assert Holder.of(certificate) == Holder(name="Jeanne DUPONT", profession="Médecin", expires_on=date(2029, 6, 30))


def test_a_card_of_an_establishment_has_only_a_common_name(certificate):
    holder = Holder.of(replace(certificate, given_name="", family_name="", common_name="3990000018/0000000018"))
    assert holder.name == "3990000018/0000000018"


@pytest.mark.parametrize("character", ["\n", "\x1b", "\u202e", "\x00", "\u2028"])
def test_control_characters_of_a_forged_card_are_not_shown(certificate, character):
    assert Holder.of(replace(certificate, given_name=f"Jean{character}ne")).name == "Jeanne DUPONT"


def test_a_text_without_end_is_cut(certificate):
    assert len(Holder.of(replace(certificate, title="x" * 4000)).profession) == 100
