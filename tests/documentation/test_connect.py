"""What the page for integrators says is what the identity provider does."""

import re
import tomllib
from dataclasses import replace

from config.settings import Environment
from docs.generate import ROOT
from idp.release import SCOPES
from idp.services import offering
from relying_parties.declared import read_toml

PAGE = (ROOT / "docs" / "connect-an-application.md").read_text(encoding="utf-8")


def test_the_registration_shown_is_accepted_in_production(settings):
    shown = PAGE.split("```toml\n")[1].split("```")[0]
    registration = read_toml(shown, offering(replace(settings, environment=Environment.PRODUCTION)))
    assert registration.name == tomllib.loads(shown)["name"]


def test_the_scopes_and_claims_shown_are_those_released():
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, flags=re.MULTILINE)
    shown = {scope: set(re.findall(r"`(\w+)`", claims)) for scope, claims in rows if scope != "openid"}
    assert shown == {scope: set(claims) for scope, claims in SCOPES.items()}
