"""The settings of enrollment: what is wrong is said at start, in a sentence that names it."""

from pathlib import Path

import pytest

from config.settings_reader import SettingsError
from enrollment.settings import EnrollmentSettings
from idp.settings import Settings
from tests.fixtures.enrollment import ENROLLMENT_DEVELOPMENT

PRODUCTION = {
    "environment": "production",
    "address": "https://inscription.exemple.test",
    "idp_issuer": "https://id.exemple.test",
    "idp_secret_file": "/etc/poterne/enrollment-secret",
    "client_secret_file": "/etc/poterne/enrollment-client-secret",
    "key_encryption_key_file": "/etc/poterne/enrollment-key-encryption-key",
    "mail_from": "inscription@exemple.test",
}


def loaded(given, **more):
    """`environment` is the name of a setting as well."""
    given = given | more
    return EnrollmentSettings.load(environment={"ENROLLMENT_ENVIRONMENT": str(given.pop("environment"))}, **given)


def test_both_examples_are_good():
    assert loaded(ENROLLMENT_DEVELOPMENT).is_development
    assert loaded(PRODUCTION).origin == "https://inscription.exemple.test"


def test_on_one_machine_the_two_services_share_neither_a_port_nor_a_folder():
    enrollment = loaded(ENROLLMENT_DEVELOPMENT)
    idp = Settings.load(environment={"POTERNE_ENVIRONMENT": "development"}, issuer="http://localhost:8400",
                        mail_transport="folder")  # fmt: skip
    assert enrollment.port != idp.port
    assert enrollment.data_folder != idp.data_folder


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"address": "http://inscription.exemple.test"}, "address: must be https"),
        ({"address": "https://inscription.exemple.test/path"}, "address: must be an origin"),
        ({"address": "https://id.exemple.test"}, "address: must not be the identity provider's"),
        ({"idp_issuer": "http://id.exemple.test"}, "idp_issuer: must be https"),
        ({"idp_secret_file": Path()}, "idp_secret_file: must be set"),
        ({"client_secret_file": Path()}, "client_secret_file: must be set"),
        ({"client_id": "two\nlines"}, "client_id: must be one line"),
        ({"announced_working_days": "0"}, "announced_working_days: must be from 1"),
        ({"draft_lifetime": "0 s"}, "draft_lifetime: must be longer"),
        ({"reminder_after": "8 d"}, "reminder_after, escalation_after, lapse_after: each must be"),
        ({"operator_session_idle": "5 h"}, "operator_session_idle: must not be longer"),
    ],
)
def test_a_wrong_value_is_said(changed, said):
    with pytest.raises(SettingsError) as wrong:
        loaded(PRODUCTION, **{name: str(value) if value != Path() else "" for name, value in changed.items()})
    assert any(problem.startswith(said) for problem in wrong.value.problems), wrong.value.problems


def test_development_is_for_this_machine():
    with pytest.raises(SettingsError, match="idp_issuer: development is for this machine"):
        loaded(ENROLLMENT_DEVELOPMENT, idp_issuer="https://id.exemple.test")
