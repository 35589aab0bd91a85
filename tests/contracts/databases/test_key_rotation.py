"""Keys rotate, and no application is answered with a key that it does not trust (idp/keys/key_rotation.py)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from idp.audit_kinds import IdpAuditKind
from idp.keys.key_ring import Algorithm, KeyState
from idp.keys.key_rotation import CannotCutOver, KeyInUse, RotatedTooSoon
from idp.keys.signing_keys import SigningKey
from idp.keys.sp_key_pins import RemainingStep
from relying_parties.problems import NoSuchApplication
from relying_parties.registration.saml_sp import SignatureAlgorithm
from tests.builders.key_rotation import EIGHT_DAYS, Region

pytestmark = pytest.mark.slow

DAYS = timedelta(days=1)


@pytest.fixture
def region(database, encryption):
    return Region.create(database, encryption)


# --- certificates -----------------------------------------------------------------------------


def test_processes_that_start_together_add_missing_certificates_once(database, encryption, region):
    with database.transaction() as session:
        session.execute(update(SigningKey).values(certificate=None))

    def start(_):
        return Region.create(database, encryption).ring

    with ThreadPoolExecutor(4) as threads:
        rings = list(threads.map(start, range(4)))
    certificates = [{key.identity.kid: key.identity.certificate for key in ring.certified} for ring in rings]
    assert all(one == another for one, another in pairwise(certificates))
    assert len(certificates[0]) == 4


def test_a_key_made_by_an_older_version_is_given_a_certificate_when_read(database, region):
    """A node that is not yet upgraded makes keys without certificates."""
    with database.transaction() as session:
        session.execute(update(SigningKey).where(SigningKey.state == "next").values(certificate=None))
    region.registers("messagerie")  # any change bumps the revision
    region.rotates()
    assert all(key.certificate for key in region.keys.descriptions())


# --- a rotation changes nothing for a SAML application ----------------------------------------


def test_a_rotation_leaves_each_application_with_the_key_that_it_trusts(region):
    region.registers("messagerie")
    trusted = region.answers_with("messagerie")
    region.rotates()
    assert region.answers_with("messagerie") == trusted == region.kid(KeyState.PREVIOUS)
    assert trusted in region.certificates_published()


def test_an_application_registered_after_a_rotation_has_the_current_key(region):
    region.rotates()
    region.registers("messagerie")
    assert region.answers_with("messagerie") == region.kid(KeyState.CURRENT)


def test_applications_are_pinned_and_workers_have_read_the_pins_before_the_keys_rotate(region, monkeypatch):
    """A worker that reads the application before the rotation and the keys after it signs with the pinned key."""
    region.registers("messagerie")
    trusted = region.answers_with("messagerie")
    seen = []
    monkeypatch.setattr(
        region.key_rotation, "_wait", lambda _: seen.append((region.pin("messagerie").is_pinned, trusted))
    )
    region.rotates()
    assert seen == [(True, region.kid(KeyState.PREVIOUS))]
    region.later(2 * DAYS)
    region.cuts_over("messagerie")
    region.rotates()
    assert len(seen) == 1


def test_the_previous_key_is_not_removed_while_an_application_is_pinned_to_it(region):
    for name in ("messagerie", "imagerie", "pharmacie"):
        region.registers(name)
    region.rotates()
    region.cuts_over("imagerie")
    region.later(90 * DAYS)
    before = region.keys.descriptions()
    with pytest.raises(KeyInUse) as refused:
        region.rotates(even_if_recent=True)
    assert refused.value.names == ("messagerie", "pharmacie")
    assert region.keys.descriptions() == before


def test_a_forced_rotation_moves_applications_to_the_new_current_key_and_audits_it(region):
    region.registers("messagerie")
    region.rotates()
    region.rotates(even_if_recent=True, even_if_in_use=True)
    assert region.answers_with("messagerie") == region.kid(KeyState.CURRENT)
    assert region.trail()[-2:] == [IdpAuditKind.KEY_CUT_OVER, IdpAuditKind.KEYS_ROTATED]


def test_a_second_rotation_within_a_day_is_refused(region):
    region.rotates()
    with pytest.raises(RotatedTooSoon):
        region.rotates()
    region.later(1 * DAYS)
    region.rotates()


# --- a key change, one application after another ----------------------------------------------


def test_a_whole_key_change_in_steps_each_of_which_breaks_nothing(region):
    names = ("messagerie", "imagerie", "pharmacie")
    for name in names:
        region.registers(name)
    old, new = region.kid(KeyState.CURRENT), region.kid(KeyState.NEXT)
    assert [region.remaining_step(name) for name in names] == [RemainingStep.NOTHING] * 3
    for done, name in enumerate(names):
        region.cuts_over(name)
        assert [region.answers_with(each) for each in names] == [new] * (done + 1) + [old] * (2 - done)
        assert [region.remaining_step(each) for each in names] == [RemainingStep.NOTHING] * (done + 1) + [
            RemainingStep.CUT_OVER
        ] * (2 - done)
        assert {old, new} <= set(region.certificates_published())
    region.rotates()
    assert {region.answers_with(name) for name in names} == {new} == {region.kid(KeyState.CURRENT)}
    assert old not in region.certificates_published()
    region.later(2 * DAYS)
    region.rotates()
    assert old not in {key.kid for key in region.keys.descriptions()}
    assert {region.answers_with(name) for name in names} == {new}


def test_an_application_that_was_not_ready_is_moved_back(region):
    region.registers("messagerie")
    before = region.answers_with("messagerie")
    region.cuts_over("messagerie")
    assert region.answers_with("messagerie") != before
    region.cuts_over("messagerie", to=before[:8])
    assert region.answers_with("messagerie") == before
    assert region.trail().count(IdpAuditKind.KEY_CUT_OVER) == 2


def test_a_second_cut_over_changes_and_audits_nothing(region):
    region.registers("messagerie")
    region.cuts_over("messagerie")
    since = region.pin("messagerie").since
    region.later(1 * DAYS)
    region.cuts_over("messagerie")
    assert region.pin("messagerie").since == since
    assert region.trail().count(IdpAuditKind.KEY_CUT_OVER) == 1


def test_an_application_is_found_by_its_name_and_a_key_by_the_start_of_its_kid(region):
    region.registers("messagerie")
    with pytest.raises(NoSuchApplication):
        region.cuts_over("massagerie")
    with pytest.raises(CannotCutOver, match=region.kid(KeyState.NEXT)[:8]):
        region.cuts_over("messagerie", to="no-such-key")
    with pytest.raises(CannotCutOver):
        region.cuts_over("messagerie", to=region.kid(KeyState.NEXT, Algorithm.ES256))


def test_an_application_with_ecdsa_is_pinned_to_ec_keys(region):
    region.registers("messagerie")
    assert len(region.certificates_published()) == 2
    region.registers("imagerie", signature_algorithm=SignatureAlgorithm.ECDSA_SHA256)
    assert region.answers_with("imagerie") == region.kid(KeyState.CURRENT, Algorithm.ES256)
    assert region.certificates_published() == [
        region.kid(state, algorithm) for algorithm in Algorithm for state in (KeyState.CURRENT, KeyState.NEXT)
    ]
    region.cuts_over("imagerie")
    assert region.answers_with("imagerie") == region.kid(KeyState.NEXT, Algorithm.ES256)
    assert region.remaining_step("messagerie") is RemainingStep.NOTHING


def test_an_amended_application_keeps_its_key(region):
    region.registers("messagerie")
    region.cuts_over("messagerie")
    region.registers("messagerie", encrypt_name_id=True)
    assert region.answers_with("messagerie") == region.kid(KeyState.NEXT)


def test_an_application_that_changes_to_ecdsa_has_the_current_ec_key(region):
    region.registers("messagerie")
    region.cuts_over("messagerie")
    region.registers("messagerie", signature_algorithm=SignatureAlgorithm.ECDSA_SHA256)
    assert region.answers_with("messagerie") == region.kid(KeyState.CURRENT, Algorithm.ES256)


# --- applications that read our metadata ------------------------------------------------------


def test_an_application_is_moved_when_every_still_valid_copy_of_our_metadata_has_the_key(region):
    region.registers("messagerie", automatic_key_update=True)
    region.registers("imagerie")
    old = region.answers_with("messagerie")
    assert region.remaining_step("messagerie") is RemainingStep.AUTOMATIC
    region.later(EIGHT_DAYS - timedelta(seconds=1))
    assert region.updates_followers() == 0
    region.later(timedelta(seconds=1))
    assert region.updates_followers() == 1
    assert region.updates_followers() == 0
    assert region.answers_with("messagerie") == region.kid(KeyState.NEXT)
    assert region.answers_with("imagerie") == old
    assert region.remaining_step("imagerie") is RemainingStep.NOTHING


def test_after_an_early_rotation_an_application_keeps_its_key_and_then_moves_to_the_newest_that_it_has_seen(region):
    region.registers("messagerie", automatic_key_update=True)
    old = region.answers_with("messagerie")
    region.later(5 * DAYS)
    region.rotates()
    assert region.updates_followers() == 0
    assert region.answers_with("messagerie") == old
    region.later(3 * DAYS)
    assert region.updates_followers() == 1
    assert region.answers_with("messagerie") == region.kid(KeyState.CURRENT)


def test_an_ec_key_counts_from_the_registration_for_ecdsa(region):
    """Our metadata had no EC key before."""
    region.later(100 * DAYS)
    region.registers("messagerie", automatic_key_update=True, signature_algorithm=SignatureAlgorithm.ECDSA_SHA256)
    assert region.updates_followers() == 0
    region.later(EIGHT_DAYS)
    assert region.updates_followers() == 1


def test_several_workers_move_an_application_once(database, encryption, region):
    region.registers("messagerie", automatic_key_update=True)
    region.later(EIGHT_DAYS)
    workers = [Region.create(database, encryption) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda worker: worker.key_rotation.update_followers(region.now), workers)) == 1
    assert region.trail().count(IdpAuditKind.KEY_CUT_OVER) == 1


# --- concurrency ------------------------------------------------------------------------------


def test_one_of_two_simultaneous_rotations_is_refused(database, encryption, region):
    region.registers("messagerie")
    operators = [Region.create(database, encryption) for _ in range(2)]

    def rotate(operator):
        try:
            operator.rotates()
        except (RotatedTooSoon, KeyInUse) as refused:
            return refused
        return None

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(rotate, operators))
    assert [type(refused) for refused in outcomes if refused] in ([RotatedTooSoon], [KeyInUse])
    assert region.answers_with("messagerie") == region.kid(KeyState.PREVIOUS)


def test_simultaneous_rotations_and_cut_overs_never_remove_a_key_in_use(database, encryption, region):
    names = ("messagerie", "imagerie", "pharmacie")
    for name in names:
        region.registers(name)

    def rotate(operator):
        try:
            operator.rotates(even_if_recent=True)
        except KeyInUse:
            return False
        return True

    def cut_over(operator, name):
        operator.cuts_over(name)

    with ThreadPoolExecutor(4) as threads:
        for _ in range(3):
            moves = [threads.submit(rotate, Region.create(database, encryption)) for _ in range(2)]
            moves += [threads.submit(cut_over, Region.create(database, encryption), name) for name in names]
            for move in moves:
                move.result()
            kept = {key.kid for key in region.keys.descriptions()}
            assert {region.registry.named(name).saml_signing_kid for name in names} <= kept
            assert len(kept) == len(region.keys.descriptions())


STEPS = st.lists(
    st.one_of(
        st.just("rotate"),
        st.sampled_from(["messagerie", "imagerie"]),
        st.just("follow"),
        st.integers(1, 9),
    ),
    max_size=8,
)


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_after_any_sequence_of_steps_every_application_has_a_published_key(region, steps):
    """Only `cut_over` changes the key of an application that does not read our metadata."""
    region.registers("messagerie")
    region.registers("imagerie", automatic_key_update=True)
    trusted = region.answers_with("messagerie")
    for step in steps:
        match step:
            case int():
                region.later(step * DAYS)
            case "rotate":
                try:
                    region.rotates(even_if_recent=True)
                except KeyInUse:
                    assert KeyState.PREVIOUS in {region.pin(name).state for name in ("messagerie", "imagerie")}
            case "follow":
                region.updates_followers()
            case name:
                region.cuts_over(name)
                trusted = region.answers_with("messagerie")
        assert region.answers_with("messagerie") == trusted
        for name in ("messagerie", "imagerie"):
            assert region.answers_with(name) in region.certificates_published()
