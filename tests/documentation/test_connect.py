"""What the page for integrators says is what the identity provider does."""

import json
import re
import tomllib
from dataclasses import replace

from config.common_settings import Environment
from docs.generate import ROOT
from idp.app import create_app
from idp.attribute_release import RELEASE, SCOPES
from idp.container.services import capabilities
from idp.oidc.errors import Fault
from idp.saml.errors import SamlFault
from idp.saml.vocabulary import StatusCode
from idp.sessions.acr import CLASS
from relying_parties.registration.toml_registration import read_toml
from relying_parties.samples.configuration import SamlConfiguration
from relying_parties.samples.saml.keys import key_pair_in
from relying_parties.samples.saml.service_provider import metadata_of

PAGE = (ROOT / "docs" / "connect-an-application.md").read_text(encoding="utf-8")
OIDC_SHOWN, DEMO_SHOWN, SAML_SHOWN = (shown.split("```")[0] for shown in PAGE.split("```toml\n")[1:])
OIDC_PART, SAML_PART = PAGE.split("## With SAML")


def test_the_registration_shown_is_accepted_in_production(settings):
    registration = read_toml(OIDC_SHOWN, capabilities(replace(settings, environment=Environment.PRODUCTION)))
    assert registration.name == tomllib.loads(OIDC_SHOWN)["name"]


def test_the_saml_registration_shown_is_accepted_in_production(settings, tmp_path):
    """With the metadata of the sample messaging service, at the address of the page."""
    configuration = SamlConfiguration(
        name="Messagerie",
        port=443,
        address="https://messagerie.exemple.test",
        metadata_url="https://id.exemple.test/saml/metadata",
        key_folder=tmp_path / "keys",
    )
    (tmp_path / "messagerie.xml").write_bytes(metadata_of(configuration, key_pair_in(configuration.key_folder)))
    in_production = capabilities(replace(settings, environment=Environment.PRODUCTION))
    registration = read_toml(SAML_SHOWN, in_production, folder=tmp_path)
    assert registration.saml
    assert registration.saml.entity_id == "https://messagerie.exemple.test/saml/metadata"


def test_the_registration_for_the_demonstration_is_accepted_there(settings):
    assert read_toml(DEMO_SHOWN, capabilities(settings)).name == "mine"


def table_under(head: str, part: str) -> list[list[str]]:
    """The rows of the table whose first cell of the head is `head`."""
    text = part.split(f"\n| {head} |")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]


def words(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def test_the_scopes_and_claims_shown_are_those_released():
    shown = {row[0].strip("`"): words(row[1]) for row in table_under("scope", OIDC_PART)}
    assert shown.pop("openid") == {"sub"}
    assert shown == {scope: set(claims) for scope, claims in SCOPES.items()}


def test_the_attribute_of_each_claim_is_shown():
    shown = {row[1].strip("`"): row for row in table_under("claim", OIDC_PART)}
    for name, released in RELEASE.items():
        assert (words(shown[name][0]), shown[name][2]) == (set(released.claims), f"`{released.friendly_name}`")
    assert set(shown) == set(RELEASE)


def test_the_claims_of_the_id_token_shown_are_those_that_it_has():
    """tests/golden/id-token.json is one."""
    shown = set[str]().union(*(words(row[0]) for row in table_under("claim of the ID token", OIDC_PART)))
    token = json.loads((ROOT / "tests/golden/id-token.json").read_text(encoding="utf-8"))
    assert shown == set(token["claims"])


def test_the_acr_shown_for_each_assurance_is_its_own():
    shown = {row[0].strip("`"): row[1].strip("`") for row in table_under("`lowest_assurance`", OIDC_PART)}
    assert shown == {str(assurance): acr for assurance, acr in CLASS.items()}


def test_every_refusal_that_the_page_explains_is_one_that_we_give():
    """The sentences to the word; and the words that pages show."""
    sources = [*(ROOT / "idp/oidc").rglob("*.py"), ROOT / "idp/login/requirements.py"]
    code = "".join(file.read_text(encoding="utf-8") for file in sources)
    explained = [row[0] for row in table_under("what you see", OIDC_PART)]
    for cell in explained:
        for said in re.findall(r"`([^`]+)`", cell):
            assert said.removesuffix(" ...") in code, cell
    named = {word for cell in explained for word in re.findall(r"`(\w+\.[\w-]+)`", cell)}
    assert named <= set(Fault)


def rows(part: str, *, columns: int) -> list[tuple[str, ...]]:
    """Those of the tables of `part` that have so many columns, without their heads."""
    found = [
        tuple(cell.strip() for cell in line.strip("|").split("|")) for line in part.splitlines() if line[:1] == "|"
    ]
    return [row for row in found if len(row) == columns and row[0].startswith("`")]


def test_the_saml_attributes_shown_are_those_released():
    shown = {tuple(cell.strip("`") for cell in row) for row in rows(SAML_PART, columns=3)}
    assert shown == {(name, released.friendly_name, released.saml_name) for name, released in RELEASE.items()}


def test_every_fault_that_a_page_shows_is_explained():
    shown = [row[0].strip("`") for row in rows(SAML_PART, columns=2) if row[0].startswith("`saml.")]
    assert sorted(shown) == sorted(SamlFault)


def test_every_status_that_an_answer_may_have_is_explained():
    answering = "".join(
        (ROOT / "idp/saml" / name).read_text(encoding="utf-8") for name in ("sso/request_options.py", "sso/refusals.py")
    )
    said = {StatusCode[name].rpartition(":")[2] for name in re.findall(r"StatusCode\.([A-Z_]+)", answering)}
    table = SAML_PART.split("second `StatusCode`")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) == said


def test_the_addresses_shown_are_those_that_are_served(settings, database):
    served = {str(rule) for rule in create_app(settings).url_map.iter_rules()}
    assert set(re.findall(r"`(/(?:saml|oidc)/[\w/]+)`", PAGE)) <= served
