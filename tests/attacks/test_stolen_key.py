"""Our private keys were stolen: one command withdraws them from everything that we publish and sign."""

import pytest
from click.testing import CliRunner

from config.encryption import KeyEncryption
from idp.keys.commands import keys
from idp.keys.key_ring import Algorithm, KeyState
from tests.builders.key_rotation import Region


@pytest.fixture
def region(database):
    region = Region.create(database, KeyEncryption({"first": b"k" * 32}))
    for name in ("messagerie", "imagerie", "pharmacie"):
        region.registers(name)
    return region


def kids(region):
    return {key.kid for key in region.keys.descriptions()}


def test_stolen_keys_are_removed_at_once_from_everything_that_we_publish(region):
    stolen = {region.kid(state, algorithm) for state in (KeyState.CURRENT,) for algorithm in Algorithm}
    region.rotates(stolen=True)
    assert not stolen & kids(region)
    assert not stolen & {key["kid"] for key in region.ring.jwks()["keys"]}
    assert not stolen & set(region.certificates_published())
    assert not stolen & {identity.kid for identity in region.ring.decryption_keys}


def test_applications_that_have_the_next_certificate_go_on(region):
    """The keys that sign now are the former next keys, which were already published."""
    region.cuts_over("imagerie")
    ready = region.answers_with("imagerie")
    region.rotates(stolen=True)
    for name in ("imagerie", "messagerie", "pharmacie"):
        assert region.answers_with(name) == ready == region.kid(KeyState.CURRENT)


def test_an_application_pinned_to_the_previous_key_is_moved_too(region):
    region.rotates()
    region.rotates(stolen=True)
    assert region.answers_with("messagerie") == region.kid(KeyState.CURRENT)
    assert KeyState.PREVIOUS not in {key.state for key in region.keys.descriptions()}


def test_it_is_not_refused_after_a_recent_rotation_or_for_a_key_in_use(region):
    region.rotates()
    region.rotates(stolen=True)
    region.rotates(stolen=True)
    assert len(kids(region)) == 4


def test_an_ordinary_rotation_keeps_the_key_published(region):
    """It must still verify what it has signed."""
    current = region.kid(KeyState.CURRENT)
    region.rotates(even_if_recent=True)
    assert current in {key["kid"] for key in region.ring.jwks()["keys"]}


def test_the_trail_says_which_keys_were_withdrawn_and_which_accounts_moved(region):
    region.rotates(stolen=True)
    assert region.trail()[-4:] == ["key.cut-over"] * 3 + ["keys.rotated"]


def test_a_stranger_cannot_name_a_key_out_of_the_ring(region):
    """What an application is pinned to is ours to say: a kid that is not there gives the current key."""
    for kid in ("", "none", "../../etc/passwd", "\x00"):
        assert region.ring.saml_identity(kid, "rsa-sha256").kid == region.kid(KeyState.CURRENT)


def test_no_command_shows_a_private_key(region):
    class Installation:
        services = region

    for words in (["list"], ["list", "--json"], ["applications", "--json"], ["certificate"], ["rotate", "--stolen"]):
        told = CliRunner().invoke(keys, words, obj=Installation())
        assert told.exit_code == 0
        assert "PRIVATE" not in told.stdout


def test_a_ring_shown_in_a_traceback_tells_no_private_key(region):
    assert "PRIVATE" not in repr(region.ring)
    assert "PRIVATE" not in repr(region.ring.certified)
