"""What the demonstration holds."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from idp.container.services import Services
from idp.demo import contents
from idp.demo.contents import FIRST_PORT
from idp.demo.parts import PartProblem
from idp.demo.people import PEOPLE
from idp.demo.samples import SAMPLES
from idp.settings import PasswordPolicyName, Settings
from tests.builders.operators import OPERATOR

pytestmark = pytest.mark.slow


@pytest.fixture
def services(database, settings):
    return Services.of(settings, database)


def test_its_settings_can_be_read_and_are_for_development_only(tmp_path):
    settings = Settings.load(contents.settings_file(tmp_path / "demo", first_port=9400), environment={})
    assert settings.is_development
    assert settings.issuer == "http://localhost:9400"
    assert settings.password_policy is PasswordPolicyName.LEGACY_IDEOSSO


def test_the_applications_move_with_the_first_port():
    for sample in SAMPLES:
        moved = contents.declaration(sample, 9400)
        assert f'home_url = "http://127.0.0.1:{9400 + sample.after}/"' in moved
        assert f"127.0.0.1:{FIRST_PORT + sample.after}" not in moved


def test_put_in_place_twice_it_changes_nothing(services, tmp_path):
    """A secret once given to a sample application stays good, and a password someone changed stays changed."""
    seen = []
    for _ in range(2):
        contents.register_applications(services, tmp_path, first_port=FIRST_PORT)
        contents.create_accounts(services)
        secrets = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.glob("*.secret")}
        seen.append((secrets, services.accounts.list(), services.registry.list()))
    assert seen[0] == seen[1]
    assert {snapshot.login for snapshot in seen[0][1]} == {person.login for person in PEOPLE}


def test_started_on_other_ports_the_messaging_service_is_known_there(services, tmp_path):
    """Its metadata says where it is; its key stays."""
    seen = []
    for first_port in (FIRST_PORT, 9400):
        contents.register_applications(services, tmp_path, first_port=first_port)
        registered = services.registry.named("messagerie")
        seen.append((registered.saml.entity_id, registered.saml.service_provider.signing_certificates))
    (at_first, keys), (then, same_keys) = seen
    assert (at_first, then) == ("http://127.0.0.1:8413/saml/metadata", "http://127.0.0.1:9413/saml/metadata")
    assert same_keys == keys


def test_a_sample_that_cannot_write_its_metadata_says_why(tmp_path):
    messagerie = next(sample for sample in SAMPLES if sample.speaks_saml)
    messagerie.folder(tmp_path).mkdir()
    (messagerie.folder(tmp_path) / "saml-key.pem").write_text("no key")
    with pytest.raises(PartProblem, match="key_folder"):
        messagerie.get_ready(tmp_path, first_port=FIRST_PORT)


def test_a_lost_secret_is_replaced(services, tmp_path):
    contents.register_applications(services, tmp_path, first_port=FIRST_PORT)
    file = SAMPLES[0].secret_file(tmp_path)
    file.unlink()
    contents.register_applications(services, tmp_path, first_port=FIRST_PORT)
    assert services.registry.named("dcc").verify_secret(file.read_text(encoding="utf-8").strip())


def test_an_application_that_comes_later_may_be_entered_by_those_who_are_there(services):
    """A folder kept from an earlier version has its accounts already."""
    contents.create_accounts(services)
    jeanne = services.accounts.by_username("jdupont")
    services.account_service.withdraw("jdupont", "messagerie", actor=OPERATOR)
    contents.create_accounts(services, entitle_to=frozenset({"messagerie"}))
    assert services.accounts.by_username("jdupont").entitlements.keys() == jeanne.entitlements.keys()


def test_operators_hold_their_roles_and_professionals_belong_to_their_communities(services):
    contents.create_accounts(services)
    now = datetime.now(UTC)
    for person in PEOPLE:
        snapshot = services.accounts.by_username(person.login)
        assert snapshot.roles == set(person.operates)
        assert snapshot.communities(now) == sorted(person.member_of)
    assert services.accounts.by_username("oriou").holds("administrator")
    assert len(services.communities.all()) == 10


def test_only_the_old_password_has_expired(services):
    contents.create_accounts(services)
    for person in PEOPLE:
        snapshot = services.accounts.by_username(person.login)
        assert services.passwords.is_expired(snapshot, datetime.now(UTC)) == person.password_is_old


@pytest.fixture
def settings(settings):
    return replace(settings, password_policy=PasswordPolicyName.LEGACY_IDEOSSO)
