"""Argon2 settings that would make a stolen password cheap to guess are refused at start (idp/settings_checks.py)."""

from dataclasses import fields

import pytest

from config.settings_reader import SettingsError
from idp.settings import Settings
from idp.settings_checks import FLOOR

PRODUCTION = {"issuer": "https://id.example", "mail_from": "id@id.example", "key_encryption_key_file": "kek"}


def loaded(memory: int, iterations: int, **given: str) -> Settings:
    written = PRODUCTION | given | {"argon2_memory": str(memory), "argon2_iterations": str(iterations)}
    return Settings.load(environment={f"POTERNE_{name.upper()}": value for name, value in written.items()})


@pytest.mark.parametrize(("memory", "iterations"), FLOOR)
def test_what_owasp_calls_equal_is_accepted(memory, iterations):
    assert loaded(memory, iterations).argon2_memory == memory
    assert loaded(memory + 1, iterations + 1)


@pytest.mark.parametrize(
    ("memory", "iterations"), [(memory - 1, iterations) for memory, iterations in FLOOR] + [(8, 50)]
)
@pytest.mark.parametrize("environment", ["production", "recette"])
def test_less_is_refused_with_a_sentence(memory, iterations, environment):
    with pytest.raises(SettingsError) as refused:
        loaded(memory, iterations, environment=environment)
    assert "argon2_memory" in str(refused.value)
    assert "19456 with 2" in str(refused.value)


def test_development_may_be_cheap():
    development = {"environment": "development", "issuer": "http://localhost:8400", "mail_transport": "folder"}
    assert loaded(8, 1, **development).argon2_memory == 8


def test_the_defaults_are_on_the_floor():
    defaults = {field.name: field.default for field in fields(Settings)}
    assert (defaults["argon2_memory"], defaults["argon2_iterations"], defaults["argon2_lanes"]) == (19_456, 2, 1)
