import json

import pytest

from relying_parties.policy import ClientAuthentication, SubjectType
from relying_parties.problems import RegistrationProblems
from relying_parties.registration.client_metadata import (
    MEMBERS,
    as_client_metadata,
    read_client_metadata,
    replaced_members,
)
from relying_parties.registration.oidc_client import OidcClient
from relying_parties.registration.registration import Terms
from tests.builders.registry import a_registration, client_metadata, some_capabilities


def read(**changes):
    return read_client_metadata(json.dumps(client_metadata(**changes)), some_capabilities())


def problems_of(**changes):
    with pytest.raises(RegistrationProblems) as refused:
        read(**changes)
    return {problem.field: problem for problem in refused.value.problems}


def test_standard_metadata_are_enough_for_a_registration():
    registration = read()

    assert registration.name == "dossier-communicant-de-cancerologie"
    assert registration.home_url == "https://dcc.example/"
    assert registration.oidc.client_authentication is ClientAuthentication.SECRET
    assert registration.attributes == frozenset()


def test_a_written_registration_reads_back_the_same():
    registration = a_registration(client_id=None, subject_type=SubjectType.PAIRWISE, sector="dcc.example")

    assert read_client_metadata(json.dumps(as_client_metadata(registration)), some_capabilities()) == registration


def test_every_field_has_a_member():
    fields = {member.partition(".")[0] for member in MEMBERS}

    assert fields == {*Terms.__dataclass_fields__, *OidcClient.__dataclass_fields__} - {"oidc", "saml"}


def test_an_unknown_member_is_ignored():
    """RFC 7591 section 2: the server MUST ignore any client metadata it does not understand."""
    assert read(software_version="3", logo_uri="https://dcc.example/logo.svg") == read()


def test_the_error_names_the_missing_member():
    problem = problems_of(redirect_uris=None, redirect_uri=["https://dcc.example/callback"])["redirect_uris"]

    assert problem.change == "redirect_uri is not a field: did you mean redirect_uris?"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("grant_types", "authorization_code"),
        ("response_types", [1]),
        ("token_endpoint_auth_method", "private_key_jwt"),
        ("id_token_signed_response_alg", "none"),
        ("subject_type", "transient"),
        ("sector_identifier_uri", "http://dcc.example/sector.json"),
        ("sector_identifier_uri", 7),
    ],
)
def test_an_unsupported_member_is_refused_by_its_name(member, value):
    assert member in problems_of(**{member: value, "subject_type": value if member == "subject_type" else "pairwise"})


@pytest.mark.parametrize(
    ("member", "value", "answered"),
    [
        ("grant_types", ["implicit"], ["authorization_code"]),
        ("grant_types", ["authorization_code", "refresh_token"], ["authorization_code"]),
        ("response_types", ["code", "code id_token"], ["code"]),
    ],
)
def test_unsupported_grant_types_are_replaced_and_reported(member, value, answered):
    """RFC 7591 section 2: the server MAY replace any requested value; section 3.2.1: and it says by what."""
    metadata = client_metadata(**{member: value})
    assert as_client_metadata(read_client_metadata(metadata, some_capabilities()))[member] == answered
    assert replaced_members(metadata) == [member]


@pytest.mark.parametrize("address", ["http://dcc.example/", "https://dcc.example/#here", "https://*.dcc.example/"])
def test_a_bad_redirection_address_has_its_own_error(address):
    """RFC 7591 section 3.2.2."""
    with pytest.raises(RegistrationProblems) as refused:
        read(redirect_uris=[address], poterne_lowest_assurance="passwrod")
    assert refused.value.error == "invalid_redirect_uri"
    with pytest.raises(RegistrationProblems) as refused:
        read(poterne_lowest_assurance="passwrod")
    assert refused.value.error == "invalid_client_metadata"


def test_an_application_cannot_name_the_sector_of_another():
    """Library traps 1e-9: a foreign sector_identifier_uri gave the subjects that the other application knows."""
    problems = problems_of(subject_type="pairwise", sector_identifier_uri="https://perinat.example/sector.json")

    assert "must be the host" in problems["poterne_sector"].change


def test_the_address_that_begins_a_login_is_read_and_written():
    """OpenID Connect Dynamic Client Registration 1.0, section 2."""
    registration = read(initiate_login_uri="https://dcc.example/login")
    answer = as_client_metadata(registration)
    assert answer["initiate_login_uri"] == "https://dcc.example/login"
    assert read_client_metadata(answer, some_capabilities()) == registration


@pytest.mark.parametrize("required", [True, False])
def test_a_client_with_a_logout_address_requires_the_session_in_logout_tokens(required):
    """OpenID Connect Back-Channel Logout 1.0 section 2.2: the logout token always names it here."""
    registration = read(
        backchannel_logout_uri="https://dcc.example/logout", backchannel_logout_session_required=required
    )
    answer = as_client_metadata(registration)

    assert answer["backchannel_logout_uri"] == "https://dcc.example/logout"
    assert answer["backchannel_logout_session_required"] is True
    assert read_client_metadata(answer, some_capabilities()) == registration


def test_backchannel_logout_session_required_is_a_boolean():
    assert "backchannel_logout_session_required" in problems_of(backchannel_logout_session_required="yes")
