from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.passwords.policies import (
    CEILING,
    PasswordOwner,
    PasswordPolicy,
    PolicyFault,
    common_passwords,
    normalised,
)
from idp.settings import PasswordPolicyName, Settings

JEANNE = PasswordOwner(
    login="jdupont",
    given_name="Jeanne",
    family_name="Dupont",
    email="jeanne.dupont@exemple.test",
    national_id="899700123450",
)
CNIL = PasswordPolicy(
    name=PasswordPolicyName.CNIL_2022, lifetime=None, remembered=1, region_words=frozenset({"centre", "val", "loire"})
)
LEGACY = replace(CNIL, name=PasswordPolicyName.LEGACY_IDEOSSO, remembered=2)


@pytest.mark.parametrize(
    "password",
    [
        "Treille-Vive-71!",
        "xK4#pq9Zt!mB",  # 12 characters of four kinds
        "treilleviveXY71",  # 15 of three kinds
        "sept petites chouettes comptent vingt pierres grises",
        "ma tante élève onze oies près du moulin",
    ],
)
def test_a_long_and_varied_password_obeys_cnil_2022(password):
    """CNIL deliberation 2022-100: 12 characters of 4 kinds, 14 of upper, lower and digits, or 7 words."""
    assert CNIL.faults(password, JEANNE) == ()


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("xK4#pq9Zt!m", PolicyFault.TOO_SHORT),
        ("xk4#pq9zt!mb", PolicyFault.TOO_SIMPLE),  # three kinds want 14 characters
        ("treillevivegrange", PolicyFault.TOO_SIMPLE),
        ("un deux un deux un deux un deux", PolicyFault.TOO_SIMPLE),  # words that repeat are no passphrase
        ("Aa1!Aa1!Aa1!Aa1!", PolicyFault.REPETITIVE),
        ("Motdepasse-2026!", PolicyFault.COMMON),
        ("M0td3p@sse-2026!", PolicyFault.COMMON),
        ("Soleil-Bonjour-24", PolicyFault.COMMON),
        ("Azertyuiop1234!?", PolicyFault.COMMON),
        ("Centre-Val-Loire45", PolicyFault.COMMON),
        ("Treille-Dupont-71", PolicyFault.PERSONAL),
        ("treille JEANNE 71", PolicyFault.PERSONAL),
        ("Treille-jdup0nt-71", PolicyFault.PERSONAL),
        ("Treille-899700123450", PolicyFault.PERSONAL),
        ("Treille\tVive-71!", PolicyFault.UNPRINTABLE),
        ("Treille-Vive-71!" * 100, PolicyFault.TOO_LONG),
        ("\ufdfa" * 100, PolicyFault.TOO_LONG),  # one character that normalisation makes eighteen
    ],
)
def test_a_weak_or_expected_password_is_refused(password, fault):
    assert fault in CNIL.faults(password, JEANNE)


@pytest.mark.parametrize("password", ["Treille7", "grange haute", "vqkzwmtr"])
def test_eight_characters_are_enough_for_the_legacy_policy(password):
    assert LEGACY.faults(password, JEANNE) == ()


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("Treill7", PolicyFault.TOO_SHORT),
        ("jdupont1", PolicyFault.PERSONAL),
        ("12345678", PolicyFault.COMMON),
        ("bonjour1", PolicyFault.COMMON),
    ],
)
def test_the_legacy_policy_still_refuses_what_is_guessed_first(password, fault):
    assert fault in LEGACY.faults(password, JEANNE)


def test_every_fault_is_said_at_once():
    assert set(CNIL.faults("dupont", JEANNE)) == {PolicyFault.TOO_SHORT, PolicyFault.PERSONAL}


def test_a_short_name_does_not_forbid_the_words_that_hold_it():
    owner = replace(JEANNE, login="ale", given_name="Al", family_name="Le", email="al@exemple.test")
    assert CNIL.faults("Tralala-Palette-71!", owner) == ()


def test_the_settings_choose_the_policy(settings: Settings):
    cnil = PasswordPolicy.of(settings)
    assert (cnil.name, cnil.lifetime, cnil.remembered) == (PasswordPolicyName.CNIL_2022, None, 1)
    legacy = PasswordPolicy.of(replace(settings, password_policy=PasswordPolicyName.LEGACY_IDEOSSO))
    assert (legacy.lifetime, legacy.remembered) == (settings.password_lifetime, 2)


def test_the_blocklist_is_folded_and_useful():
    words = common_passwords()
    assert len(words) > 500
    assert {"motdepasse", "azerty", "123456", "marseille"} <= words
    assert all(word == word.lower() and word.isascii() and word.isalnum() for word in words)


@pytest.mark.parametrize(("typed", "kept"), [("é", "é"), ("ﬁl", "fil"), ("１２", "12")])
def test_a_password_is_the_same_however_it_was_composed(typed, kept):
    """NIST SP 800-63B 5.1.1.2: the verifier SHOULD apply NFKC or NFKD before hashing."""
    assert normalised(typed) == kept


@given(st.text(max_size=1200))
def test_normalising_twice_changes_nothing_more(password):
    once = normalised(password)
    if once is None:
        assert len(password) * 18 > CEILING
    else:
        assert normalised(once) == once


@given(st.text(max_size=60))
def test_judging_never_fails(password):
    for policy in (CNIL, LEGACY):
        assert set(policy.faults(password, JEANNE)) <= set(PolicyFault)
