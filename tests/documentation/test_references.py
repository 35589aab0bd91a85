"""The pages and files written from the code say what the code says now; `make docs` rewrites them."""

import pytest

from docs.generate import ENROLLMENT_PRODUCTION, PAGES, PRODUCTION, ROOT
from enrollment.settings import EnrollmentSettings
from idp.settings import Settings

SERVICES = {"idp": (Settings, PRODUCTION), "enrollment": (EnrollmentSettings, ENROLLMENT_PRODUCTION)}


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name):
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run: make docs"


@pytest.mark.parametrize("service", SERVICES)
def test_the_development_settings_can_be_used_as_they_are(service):
    table, _ = SERVICES[service]
    assert table.load(ROOT / service / "environments/development.toml", environment={}).is_development


@pytest.mark.parametrize("service", SERVICES)
def test_the_production_settings_can_be_used_once_their_secrets_are_in_place(service, tmp_path):
    table, production = SERVICES[service]
    text = (ROOT / service / "environments/production.example.toml").read_text(encoding="utf-8")
    for name, content in (
        ("database_url", "postgresql+psycopg://poterne@localhost/poterne"),
        ("redis_url", "redis://localhost"),
    ):
        secret = tmp_path / name
        secret.write_text(content, encoding="utf-8")
        secret.chmod(0o600)
        text = text.replace(str(production[f"{name}_file"]), str(secret))
    file = tmp_path / "production.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o640)
    assert table.load(file, environment={}).is_secure


def test_the_help_of_a_command_fits_a_terminal():
    lines = (ROOT / "docs/commands.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 110] == []
