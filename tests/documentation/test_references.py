"""The pages and files written from the code say what the code says now; `make docs` rewrites them."""

import pytest

from docs.generate import PAGES, PRODUCTION, ROOT
from idp.settings import Settings


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name):
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run: make docs"


def test_the_development_settings_can_be_used_as_they_are():
    assert Settings.load(ROOT / "idp/environments/development.toml", environment={}).is_development


def test_the_production_settings_can_be_used_once_their_secrets_are_in_place(tmp_path):
    text = (ROOT / "idp/environments/production.example.toml").read_text(encoding="utf-8")
    for name, content in (
        ("database_url", "postgresql+psycopg://poterne@localhost/poterne"),
        ("redis_url", "redis://localhost"),
    ):
        secret = tmp_path / name
        secret.write_text(content, encoding="utf-8")
        secret.chmod(0o600)
        text = text.replace(str(PRODUCTION[f"{name}_file"]), str(secret))
    file = tmp_path / "production.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o640)
    assert Settings.load(file, environment={}).is_secure
