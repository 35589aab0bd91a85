"""What single logout asks of every protocol (idp/logout/protocol.py), of each alike."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from lxml import etree

from config.http_client import HttpClient
from idp.container.saml import saml_logout
from idp.logout.protocol import LogoutChannel, LogoutProtocol, NotReached
from idp.oidc.backchannel_logout import BackchannelLogout
from idp.sessions.participation import Participation
from idp.web.protocol_response import Redirect
from relying_parties.registry.application import Application
from relying_parties.sp_metadata.service_provider import Binding
from tests.actors.saml_logout import SOAP
from tests.actors.server import Received, Said, a_server
from tests.builders.registry import a_registration
from tests.fixtures.logout import registers_leaving

Answers = Callable[[Received], Said]


@dataclass(frozen=True, slots=True)
class TakesPart:
    """An application that speaks the protocol, what the protocol keeps of it, and how its server says yes and no."""

    protocol: LogoutProtocol
    application: Application
    participation: Participation
    yes: Answers
    no: Answers


def by_oidc(idp, address: str) -> TakesPart:
    settings = idp.settings
    protocol = BackchannelLogout(
        issuer=settings.issuer,
        ring=idp.services.keys.ring,
        outgoing=HttpClient(within=settings.application_answers_within, loopback=settings.is_development),
    )
    idp.registers(a_registration(name="etudes", identifier="etudes", backchannel_logout_uri=address))
    return TakesPart(
        protocol,
        idp.services.registry.by_identifier("etudes"),
        Participation(identifier="etudes", protocol="oidc", first_used=datetime.now(UTC), detail={"sub": "a-subject"}),
        lambda _: Said(),
        lambda _: Said(status=400),
    )


def by_saml(idp, address: str) -> TakesPart:
    offered = {"at": address} if address else {"single_logout_services": ()}
    provider = registers_leaving(idp, "etudes", by=Binding.SOAP, **offered)
    detail = {"name_id": "a-name", "name_id_format": "", "sp_name_qualifier": "", "session_index": "an-index"}

    def no(came: Received) -> Said:
        [message] = etree.fromstring(came.body).find(f"{{{SOAP}}}Body")
        refusal = provider.confirms(provider._told(etree.tostring(message), None), "Responder")
        return Said(content_type="text/xml", body=provider.calls(provider.sp.signs(refusal)))

    return TakesPart(
        saml_logout(idp.services),
        idp.services.registry.by_identifier("etudes"),
        Participation(identifier="etudes", protocol="saml", first_used=datetime.now(UTC), detail=detail),
        provider.serves_soap,
        no,
    )


@pytest.fixture(params=[by_oidc, by_saml], ids=["oidc", "saml"])
def speaks(request):
    return request.param


@pytest.fixture
def server():
    with a_server() as listening:
        yield listening


def tells(part: TakesPart) -> bool:
    return part.protocol.notify(part.application, part.participation, sid="a-sid")


def test_the_way_is_what_is_registered(idp, speaks):
    reached = speaks(idp, "http://127.0.0.1:9/logout")
    assert reached.protocol.channel(reached.application) is LogoutChannel.BACK_CHANNEL
    assert reached.protocol.name == reached.participation.protocol


def test_without_an_address_there_is_no_way(idp, speaks):
    part = speaks(idp, "")
    assert part.protocol.channel(part.application) is LogoutChannel.NONE


def test_an_application_of_the_other_protocol_has_no_way(idp):
    oidc, saml = by_oidc(idp, "http://127.0.0.1:9/"), saml_logout(idp.services)
    assert saml.channel(oidc.application) is LogoutChannel.NONE


def test_an_application_that_confirms_is_believed(idp, speaks, server):
    part = speaks(idp, f"{server.address}/logout")
    server.says = part.yes
    assert tells(part) is True
    assert [came.path for came in server.received] == ["/logout"]


def test_one_that_says_no_has_been_told(idp, speaks, server):
    part = speaks(idp, f"{server.address}/logout")
    server.says = part.no
    assert tells(part) is False


@pytest.mark.parametrize("status", [302, 500, 503])
def test_one_that_stumbles_may_be_tried_again_or_has_said_no(idp, speaks, server, status):
    """Never taken for a yes, and never followed elsewhere."""
    part = speaks(idp, f"{server.address}/logout")
    server.says = lambda _: Said(status=status, headers={"Location": f"{server.address}/elsewhere"})
    with suppress(NotReached):
        assert tells(part) is False
    assert [came.path for came in server.received] == ["/logout"]


def test_one_that_does_not_answer_may_be_tried_again(idp, speaks):
    part = speaks(idp, "http://127.0.0.1:9/logout")
    with pytest.raises(NotReached) as failure:
        tells(part)
    assert "a-name" not in str(failure.value)
    assert "a-subject" not in str(failure.value)


def test_each_time_another_message_is_sent(idp, speaks, server):
    """A second try is no replay to a receiver that remembers the first one."""
    part = speaks(idp, f"{server.address}/logout")
    server.says = part.yes
    tells(part)
    tells(part)
    first, second = (came.body for came in server.received)
    assert first != second


def test_the_application_that_asked_is_led_back_to(idp, speaks):
    part = speaks(idp, "http://127.0.0.1:9/logout")
    asked = {"url": "https://dcc.example/", "id": "_asked", "binding": Binding.REDIRECT.value, "relay_state": None}
    response = part.protocol.answer(part.application, asked, complete=True)
    assert response is None or isinstance(response, Redirect)
