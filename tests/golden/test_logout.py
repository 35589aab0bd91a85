"""What applications are told when a session ends, and what the person is, word for word."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
import time_machine
from lxml import etree

from relying_parties.sp_metadata.service_provider import Binding
from tests.actors.application import parts_of
from tests.actors.server import a_server
from tests.fixtures.logout import registers_leaving

NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
VARYING = ("X509Certificate", "SignatureValue", "DigestValue", "NameID", "SessionIndex")


@pytest.fixture
def changed_settings():
    return {"logout_wait": timedelta(milliseconds=1)}


@pytest.fixture
def noon(idp):
    with time_machine.travel(NOON, tick=False):
        yield


def signs_out(idp, browser):
    page = browser.visits(f"{idp.issuer}/account")
    return browser.submits(page.form_of("Me déconnecter"))


def test_the_logout_token(noon, idp, browser, jeanne, dcc, is_golden):
    """Back-Channel Logout 1.0 section 2.4."""
    with a_server() as server:
        idp.amends(dcc, backchannel_logout_uri=f"{server.address}/")
        dcc.signs_in(browser.logs_in(jeanne, to=dcc))
        signs_out(idp, browser)
        idp.tells_applications()
        [came] = server.received
    header, claims = parts_of(parse_qs(came.body.decode())["logout_token"][0])
    varying = {"sub": "<subject>", "sid": "<session>", "jti": "<identifier>"}
    content = {"header": header | {"kid": "<kid>"}, "claims": claims | varying}
    is_golden("logout-token.json", json.dumps(content, indent=2) + "\n")


def test_a_signed_logout_request_by_soap(noon, idp, browser, jeanne, perinat, is_golden):
    """Core section 3.7.1, Bindings section 3.2."""
    with a_server() as server:
        messagerie = registers_leaving(idp, by=Binding.SOAP, at=f"{server.address}/slo")
        browser.logs_in(jeanne, to=perinat)
        messagerie.sp.signs_on(browser.visits(messagerie.sp.asks()))
        signs_out(idp, browser)
        idp.tells_applications()
        [came] = server.received
    root = etree.fromstring(came.body)
    for element in root.iter():
        if etree.QName(element).localname in VARYING:
            element.text = f"[{etree.QName(element).localname}]"
        for name, written in (("ID", "[request]"), ("URI", "#[request]"), ("Destination", "[endpoint]")):
            if element.get(name):
                element.set(name, written)
    etree.indent(root)
    is_golden("saml-logout-request.xml", etree.tostring(root, encoding="unicode") + "\n")


def test_the_outline_of_the_signed_out_page(noon, idp, browser, jeanne, dcc, perinat, is_golden):
    """One that servers tell, one that the browser has been to in vain, one that cannot be told."""
    idp.amends(dcc, backchannel_logout_uri="http://127.0.0.1:9/")
    messagerie = registers_leaving(idp)
    dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    perinat.signs_in(browser.visits(perinat.asks()))
    messagerie.sp.signs_on(browser.visits(messagerie.sp.asks()))
    signs_out(idp, browser)
    stop = next(seen.url for seen in reversed(browser.exchanges) if "/logout/" in seen.url)
    page = browser.visits(stop)
    said = "\n".join([page.title, *page.outline, page.text.partition("Accessibilité")[0]])
    is_golden("signed-out-page.txt", said.replace(stop.rpartition("/")[2], "<secret>") + "\n")
