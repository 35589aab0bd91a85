import unicodedata
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relying_parties
from config.logos import LogoType
from relying_parties.policy import (
    AccessRule,
    AssuranceLevel,
    CardRemoval,
    ClientAuthentication,
    IdTokenAlgorithm,
    SubjectType,
)
from relying_parties.problems import RegistrationProblems
from relying_parties.registration.display_name import DisplayName
from relying_parties.registration.toml_registration import as_toml, read_toml
from tests.builders.registry import AN_SVG, ATTRIBUTES, a_registration, some_capabilities

APPLICATIONS = Path(relying_parties.__file__).parent / "applications"

DCC = """
name = "dcc"
home_url = "https://dcc.example/"
lowest_assurance = "password"
attributes = ["given_name"]

[display_name]
fr = "Dossier communicant de cancérologie"

[oidc]
redirect_uris = ["https://dcc.example/callback"]
"""


def problems_of(text, capabilities=None, **options):
    with pytest.raises(RegistrationProblems) as refused:
        read_toml(text, capabilities or some_capabilities(), **options)
    return {problem.field: problem for problem in refused.value.problems}


@pytest.mark.parametrize("name", ["dcc", "perinat"])
def test_the_demonstrations_applications_can_be_registered_in_development(name):
    registration = read_toml(
        (APPLICATIONS / f"{name}.toml").read_bytes(), some_capabilities(loopback_http=True), folder=APPLICATIONS
    )

    assert registration.identifier == name
    assert registration.attributes == ATTRIBUTES
    assert registration.logo.media_type is LogoType.SVG


def test_the_defaults_are_the_strictest_values():
    registration = read_toml(DCC, some_capabilities())

    assert registration.entry is AccessRule.ENTITLED
    assert registration.oidc.require_pkce
    assert registration.oidc.client_authentication is ClientAuthentication.SECRET
    assert registration.display_name.en == registration.display_name.fr
    assert registration.identifier is None
    assert registration.oidc.sector == ""


def test_a_logout_address_that_is_never_called_is_refused():
    """A page would say that the application is told, and nobody would tell it."""
    at = 'backchannel_logout_uri = "https://{}/logout"'
    for host in ("127.0.0.1", "localhost", "[::1]", "169.254.10.10"):
        problems = problems_of(DCC + at.format(host))
        assert "never called" in problems["oidc.backchannel_logout_uri"].change
    read_toml(DCC + at.format("localhost"), some_capabilities(loopback_http=True))


def test_all_problems_are_reported_together_with_their_fields():
    problems = problems_of("""
        name = "Le DCC"
        home_url = "https://elsewhere.example/"
        lowest_asurance = "password"
        lowest_assurance = "passwrod"
        attributes = ["given-name", "rpps"]
        confirm_identity = "yes"
        [display_name]
        en = "Record"
        [oidc]
        redirect_uris = ["https://dcc.example/callback", "http://dcc.example/callback"]
        client_authentication = "client_secret_jwt"
        require_pcke = true
    """)

    assert list(problems) == [
        "lowest_asurance",
        "oidc.require_pcke",
        "name",
        "display_name.fr",
        "oidc.redirect_uris",
        "oidc.client_authentication",
        "home_url",
        "attributes",
        "lowest_assurance",
        "confirm_identity",
    ]


@pytest.mark.parametrize(
    ("line", "field", "received", "change"),
    [
        ('attributes = ["given-name"]', "attributes", '"given-name"', "did you mean given_name?"),
        ('entry = "Everyone"', "entry", '"Everyone"', "did you mean everyone?"),
        ('lowest_assurance = "two_factors"', "lowest_assurance", '"two_factors"', "did you mean two-factors?"),
        ('acces = "x"', "acces", '"x"', "no such field"),
        ("confirm_identity = 1", "confirm_identity", "1", "true or false"),
        ("card_revocation_grace_hours = 73", "card_revocation_grace_hours", "73", "from 0 to 72"),
        ("card_revocation_grace_hours = true", "card_revocation_grace_hours", "true", "from 0 to 72"),
        ('card_removal = "end"', "card_removal", '"end"', "keep, end-session"),
        ('logo = "../dcc.svg"', "logo", '"../dcc.svg"', "in the same folder"),
        ('attributes = ["email", "email"]', "attributes", '"email"', "twice"),
        ('attributes = "email"', "attributes", '"email"', "must be a list"),
    ],
)  # fmt: skip
def test_a_problem_has_the_received_value_and_the_remedy(line, field, received, change):
    text = "\n".join([line, *(kept for kept in DCC.splitlines() if kept.split(" ")[0] != line.split(" ")[0])])

    problem = problems_of(text)[field]

    assert problem.received == received
    assert change in problem.change


def test_an_assurance_that_no_enabled_method_reaches_is_refused_with_an_explanation():
    problem = problems_of(DCC.replace('"password"', '"card"'))["lowest_assurance"]

    assert problem.change == (
        "no enabled login method reaches card: enabled: password (reaches password); "
        "enable a method that reaches it, or declare password"
    )


def test_what_an_application_asks_of_cards_is_declared_and_written_back():
    """By default, a card without fresh revocation information is refused, and a pulled card ends no session."""
    declared = f'card_revocation_grace_hours = 24\ncard_removal = "end-session"\n{DCC}'

    terms = read_toml(declared, some_capabilities())

    assert terms.card_revocation_grace == timedelta(hours=24)
    assert terms.card_removal is CardRemoval.END_SESSION
    assert read_toml(as_toml(terms), some_capabilities()) == terms
    untold = read_toml(DCC, some_capabilities())
    assert (untold.card_revocation_grace, untold.card_removal) == (timedelta(0), CardRemoval.KEEP)


def test_two_factors_are_required_by_default():
    undeclared = DCC.replace('lowest_assurance = "password"\n', "")

    assert "two-factors, the default" in problems_of(undeclared)["lowest_assurance"].change
    capabilities = some_capabilities(methods={"card": AssuranceLevel.CARD})
    assert read_toml(undeclared, capabilities).lowest_assurance is AssuranceLevel.TWO_FACTORS


def test_pairwise_subjects_have_the_host_of_all_redirect_uris_as_sector():
    """OpenID Connect Core 1.0, section 8.1."""
    assert read_toml(DCC + 'subject_type = "pairwise"', some_capabilities()).oidc.sector == "dcc.example"


def test_pairwise_subjects_of_several_hosts_need_a_sector():
    several = (
        DCC.replace('callback"]', 'callback", "https://mobile.dcc.example/callback"]') + 'subject_type = "pairwise"\n'
    )

    assert "must be given" in problems_of(several)["oidc.sector"].change
    assert read_toml(several + 'sector = "dcc.example"', some_capabilities()).oidc.sector == "dcc.example"


def test_a_sector_has_no_meaning_with_public_subjects():
    assert "take it out" in problems_of(DCC + 'sector = "dcc.example"')["oidc.sector"].change


def test_an_application_without_a_secret_always_uses_pkce():
    """RFC 9700 section 2.1.1."""
    public = DCC + 'client_authentication = "none"\nrequire_pkce = false'

    assert "must be true" in problems_of(public)["oidc.require_pkce"].change


def test_the_logo_is_read_from_the_folder_of_the_registration_file(tmp_path):
    (tmp_path / "dcc.svg").write_bytes(AN_SVG)
    (tmp_path / "dcc.toml").write_text(f'logo = "dcc.svg"\n{DCC}', encoding="utf-8")

    assert read_toml((tmp_path / "dcc.toml").read_bytes(), some_capabilities(), folder=tmp_path).logo.content == AN_SVG


def test_a_logo_that_is_missing_is_a_problem_like_the_others(tmp_path):
    assert "No such file" in problems_of(f'logo = "dcc.svg"\n{DCC}', folder=tmp_path)["logo"].change


addresses = st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9(),;~]{0,12}", fullmatch=True)
characters = st.characters(codec="utf-8", categories=["L", "N", "P", "S"])
readable = st.text(characters, min_size=1, max_size=30).map(partial(unicodedata.normalize, "NFC"))


@given(
    shown=st.tuples(readable, readable),
    attributes=st.frozensets(st.sampled_from(sorted(ATTRIBUTES))),
    entry=st.sampled_from(AccessRule),
    authentication=st.sampled_from(ClientAuthentication),
    algorithm=st.sampled_from(IdTokenAlgorithm),
    redirect_uris=st.lists(addresses, min_size=1, max_size=4, unique=True),
)
def test_a_written_registration_reads_back_the_same(shown, attributes, entry, authentication, algorithm, redirect_uris):
    registration = a_registration(
        display_name=DisplayName(*shown),
        attributes=attributes,
        entry=entry,
        client_authentication=authentication,
        id_token_signing_alg=algorithm,
        redirect_uris=tuple(redirect_uris),
        home_url=redirect_uris[0],
    )

    assert read_toml(as_toml(registration, identifier="dcc"), some_capabilities()) == registration


def test_a_pairwise_registration_reads_back_the_same():
    registration = a_registration(subject_type=SubjectType.PAIRWISE, sector="dcc.example")

    assert read_toml(as_toml(registration, identifier="dcc"), some_capabilities()) == registration


def test_the_address_that_begins_a_login_is_at_an_origin_of_the_application():
    uri = 'initiate_login_uri = "{}"'
    registration = read_toml(DCC + uri.format("https://dcc.example/login"), some_capabilities())
    assert registration.oidc.initiate_login_uri == "https://dcc.example/login"
    assert read_toml(DCC, some_capabilities()).oidc.initiate_login_uri == ""
    for wrong in ("https://elsewhere.example/login", "http://dcc.example/login", "https://dcc.example/login?iss=x"):
        assert "oidc.initiate_login_uri" in problems_of(DCC + uri.format(wrong))


def test_the_logout_address_is_checked_as_other_addresses_are():
    """OpenID Connect Back-Channel Logout 1.0 section 2.2."""
    uri = 'backchannel_logout_uri = "{}"'
    registration = read_toml(DCC + uri.format("https://back.dcc.example/logout"), some_capabilities())

    assert registration.oidc.backchannel_logout_uri == "https://back.dcc.example/logout"
    assert read_toml(as_toml(registration), some_capabilities()) == registration
    assert read_toml(DCC, some_capabilities()).oidc.backchannel_logout_uri == ""
    for wrong in ("http://dcc.example/", "http://127.0.0.1/", "https://dcc.example/#x", "javascript:x", "https://*/"):
        assert "oidc.backchannel_logout_uri" in problems_of(DCC + uri.format(wrong))
    loopback = read_toml(DCC + uri.format("http://127.0.0.1:8411/logout"), some_capabilities(loopback_http=True))
    assert loopback.oidc.backchannel_logout_uri == "http://127.0.0.1:8411/logout"
