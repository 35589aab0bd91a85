"""The tools of operators end the sessions of an account that has lost a role (idp/logout/operator_logout.py)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.accounts.operator_roles import HeldRole, OperatorRoleName
from tests.actors.server import Said, a_server
from tests.builders.operators import OPERATOR
from tests.builders.registry import a_registration

AUDITOR = HeldRole(OperatorRoleName.AUDITOR)


@pytest.fixture
def servers(idp):
    """The servers of two applications; the second one receives the roles of operators."""
    with a_server() as studies, a_server() as office:
        for name, server, attributes in (("etudes", studies, ["email"]), ("office", office, ["operator_roles"])):
            idp.registers(
                a_registration(
                    name=name, identifier=name, attributes=frozenset(attributes), backchannel_logout_uri=server.address
                )
            )
        yield {"etudes": studies, "office": office}


@pytest.fixture
def subject(idp, jeanne):
    """Jeanne's subject, which applications know; she is an operator."""
    idp.tells_applications()  # of her first password: nobody knows her yet
    idp.services.operators.grant(jeanne.login, AUDITOR, actor=OPERATOR)
    return idp.services.subjects.sub_for(idp.services.accounts.by_username(jeanne.login).account_id)


def told(idp, servers):
    """The claims of the logout tokens that each application was sent."""
    idp.tells_applications()
    keys = KeySet.import_key_set(idp.services.keys.ring().jwks())
    return {
        name: [jwt.decode(parse_qs(came.body.decode())["logout_token"][0], keys).claims for came in server.received]
        for name, server in servers.items()
    }


def test_a_revoked_role_ends_the_sessions_where_roles_are_received(idp, jeanne, servers, subject):
    """Back-Channel Logout 1.0, section 2.4: without a `sid`, every session of the subject is meant."""
    idp.services.operators.revoke(jeanne.login, AUDITOR, actor=OPERATOR)
    tokens = told(idp, servers)
    [claims] = tokens["office"]
    assert (claims["sub"], claims["aud"], "sid" in claims) == (subject, "office", False)
    assert 0 <= claims["iat"] - claims["toe"] < 10  # RFC 8417, section 2.2: the time of the event
    assert tokens["etudes"] == []


def test_a_disabled_account_has_no_session_there(idp, jeanne, servers, subject):
    idp.disables(jeanne)
    assert [claims["sub"] for claims in told(idp, servers)["office"]] == [subject]


def test_what_voids_the_logins_of_an_account_ends_its_sessions_there(idp, jeanne, servers, subject):
    idp.gives_password(jeanne, "Cormoran-Vert-27!")
    idp.services.account_service.change(jeanne.login, {"email": "jeanne@ailleurs.example"}, actor=OPERATOR)
    idp.services.account_service.change(jeanne.login, {"birth_name": "Durand"}, actor=OPERATOR)
    password, address = told(idp, servers)["office"]
    assert password["toe"] < address["toe"]  # the login in which a password is changed goes on


def test_an_application_that_was_never_told_of_the_account_is_not_told_now(idp, jeanne, servers):
    idp.services.operators.grant(jeanne.login, AUDITOR, actor=OPERATOR)
    idp.services.operators.revoke(jeanne.login, AUDITOR, actor=OPERATOR)
    assert told(idp, servers) == {"etudes": [], "office": []}


def test_a_tool_that_does_not_answer_is_told_again(idp, jeanne, servers, subject):
    servers["office"].says = lambda _: Said(status=503)
    idp.services.operators.revoke(jeanne.login, AUDITOR, actor=OPERATOR)
    assert len(told(idp, servers)["office"]) == 1
    servers["office"].says = lambda _: Said()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5), tick=True):
        assert len(told(idp, servers)["office"]) == 2
        assert len(told(idp, servers)["office"]) == 2
