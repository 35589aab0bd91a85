"""What the three SOAP endpoints accept, and how they refuse the rest (idp/saml/bindings/soap_over_http.py)."""

from base64 import b64encode

import pytest
from lxml import etree

from tests.actors.artifacts import SOAP, in_soap
from tests.fixtures.artifacts import registers_by_artifact
from tests.fixtures.ecp import registers_ecp
from tests.fixtures.logout import registers_leaving

KINDS = {"/saml/logout/soap": "LogoutRequest", "/saml/artifact": "ArtifactResolve", "/saml/ecp": "AuthnRequest"}
EVERYWHERE = pytest.mark.parametrize("path", KINDS)


def a_logout_request(idp) -> bytes:
    leaving = registers_leaving(idp, "leaving")
    named = "<saml:NameID>nobody</saml:NameID>"
    return leaving.sp.signs(leaving.request(None, inside=named, Destination=f"{leaving.address}/soap"))


def an_artifact_resolve(idp) -> bytes:
    fetching = registers_by_artifact(idp)
    return fetching.sp.signs(fetching.resolve("AAQAAA=="))


MESSAGES = {
    "/saml/logout/soap": lambda idp: in_soap(a_logout_request(idp)),
    "/saml/artifact": lambda idp: in_soap(an_artifact_resolve(idp)),
    "/saml/ecp": lambda idp: in_soap(registers_ecp(idp).request()),
}


@pytest.fixture
def message(idp, path) -> bytes:
    """One that the endpoint answers, in its envelope."""
    return MESSAGES[path](idp)


@pytest.fixture
def posts(idp, jeanne):
    credentials = b64encode(f"{jeanne.login}:{jeanne.password}".encode()).decode()

    def post(path: str, body: bytes, **said):
        headers = {"Authorization": f"Basic {credentials}"}
        return idp.app.test_client().post(path, data=body, headers=headers, **said)

    return post


def fault(response) -> str:
    assert response.mimetype == "text/xml"
    return etree.fromstring(response.data).findtext(f"{{{SOAP}}}Body/{{{SOAP}}}Fault/faultstring")


@EVERYWHERE
@pytest.mark.parametrize(
    "content_type",
    [
        "text/xml",
        "text/xml; charset=utf-8",
        "application/soap+xml",
        'application/soap+xml; charset="utf-8"',
        'application/soap+xml; charset=utf-8; action="http://www.oasis-open.org/committees/security"',
        "Application/SOAP+XML",
    ],
)
def test_the_content_types_of_soap_1_1_and_1_2_are_accepted(message, posts, path, content_type):
    """pysaml2 and djangosaml2 send SOAP 1.1 as `application/soap+xml`."""
    answer = posts(path, message, content_type=content_type)
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")


@EVERYWHERE
@pytest.mark.parametrize("content_type", [None, "", "application/json", "application/xml", "text/plain", "x" * 5_000])
def test_another_content_type_is_refused_and_the_accepted_types_are_named(message, posts, path, content_type):
    answer = posts(path, message, content_type=content_type)
    assert answer.status_code == 400
    assert fault(answer) == (
        f"the body must be a SOAP envelope with one {KINDS[path]}: "
        "the Content-Type must be text/xml or application/soap+xml"
    )


@EVERYWHERE
def test_a_body_that_is_too_large_is_refused_with_the_limit(message, posts, path):
    answer = posts(path, message + b" " * 65_536, content_type="text/xml")
    assert answer.status_code == 400
    assert f"the body must be a SOAP envelope with one {KINDS[path]}: it must have at most 65536 octets" in fault(
        answer
    )


@EVERYWHERE
def test_another_message_is_refused_and_its_kind_is_recorded_for_operators(idp, posts, path):
    elsewhere = next(other for other in KINDS if other != path)
    answer = posts(path, MESSAGES[elsewhere](idp), content_type="text/xml")
    assert answer.status_code == 403
    said, _, reference = fault(answer).rpartition(" ")
    assert said == f"the {KINDS[path]} is refused: saml.request-malformed, reference"
    found = idp.services.faults.find(reference)
    assert KINDS[elsewhere] in found.received


@EVERYWHERE
@pytest.mark.parametrize("envelope", [SOAP, "http://www.w3.org/2003/05/soap-envelope"])
def test_an_envelope_of_another_version_or_without_a_message_is_refused(posts, path, envelope):
    body = f'<e:Envelope xmlns:e="{envelope}"><e:Body/></e:Envelope>'.encode()
    answer = posts(path, body, content_type="application/soap+xml")
    assert answer.status_code == 400
    assert ("one Body" if envelope == SOAP else "Envelope of SOAP 1.1") in fault(answer)
