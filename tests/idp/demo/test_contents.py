"""The contents of the demonstration."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from idp.container.services import Services
from idp.demo import contents
from idp.demo.contents import FIRST_PORT
from idp.demo.people import PEOPLE
from idp.demo.programs import ProgramError
from idp.demo.samples import SAMPLES
from idp.settings import PasswordPolicyName, Settings
from tests.builders.operators import OPERATOR

pytestmark = pytest.mark.slow


@pytest.fixture
def services(database, settings):
    return Services.of(settings, database)


def test_its_settings_file_is_valid_and_for_development(tmp_path):
    settings = Settings.load(contents.settings_file(tmp_path / "demo", first_port=9400), environment={})
    assert settings.is_development
    assert settings.issuer == "http://localhost:9400"
    assert settings.password_policy is PasswordPolicyName.LEGACY_IDEOSSO


def test_the_addresses_of_applications_follow_the_first_port():
    for sample in SAMPLES:
        moved = contents.registration_file(sample, 9400)
        assert f'home_url = "http://127.0.0.1:{9400 + sample.after}/"' in moved
        assert f"127.0.0.1:{FIRST_PORT + sample.after}" not in moved


def test_creating_the_contents_twice_changes_nothing(services, tmp_path):
    """The secrets of the sample applications stay valid, and a changed password stays changed."""
    seen = []
    for _ in range(2):
        contents.register_applications(services, tmp_path, first_port=FIRST_PORT)
        contents.create_accounts(services)
        secrets = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.glob("*.secret")}
        seen.append((secrets, services.accounts.list(), services.registry.list()))
    assert seen[0] == seen[1]
    assert {snapshot.login for snapshot in seen[0][1]} == {person.login for person in PEOPLE}


def test_on_other_ports_the_messaging_service_has_new_metadata_with_the_same_key(services, tmp_path):
    seen = []
    for first_port in (FIRST_PORT, 9400):
        contents.register_applications(services, tmp_path, first_port=first_port)
        registered = services.registry.named("messagerie")
        seen.append((registered.saml.entity_id, registered.saml.service_provider.signing_certificates))
    (at_first, keys), (then, same_keys) = seen
    assert (at_first, then) == ("http://127.0.0.1:8413/saml/metadata", "http://127.0.0.1:9413/saml/metadata")
    assert same_keys == keys


def test_the_error_says_why_a_sample_cannot_write_its_metadata(tmp_path):
    messagerie = next(sample for sample in SAMPLES if sample.uses_saml)
    messagerie.folder(tmp_path).mkdir()
    (messagerie.folder(tmp_path) / "saml-key.pem").write_text("no key")
    with pytest.raises(ProgramError, match="key_folder"):
        messagerie.prepare(tmp_path, first_port=FIRST_PORT)


def test_a_lost_secret_is_replaced(services, tmp_path):
    contents.register_applications(services, tmp_path, first_port=FIRST_PORT)
    file = SAMPLES[0].secret_file(tmp_path)
    file.unlink()
    contents.register_applications(services, tmp_path, first_port=FIRST_PORT)
    assert services.registry.named("dcc").verify_secret(file.read_text(encoding="utf-8").strip())


def test_existing_accounts_may_enter_an_application_that_a_later_version_adds(services):
    """The folder of an earlier version has accounts already."""
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
