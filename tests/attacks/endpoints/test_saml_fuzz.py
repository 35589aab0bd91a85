"""Prevents: errors, redirects to other addresses and excessive memory for malformed SAML messages.

Messages of service providers are changed by `tests/saml_mutations.py` and sent to every SAML
endpoint. `make fuzz` runs this for a long time, each round with another seed.
"""

import contextlib
import io
import re
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus, urlsplit

import psutil
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from idp.saml.sp_metadata.faults import MetadataRefused
from idp.saml.sp_metadata.verification import verify
from relying_parties.addresses import address_fault
from relying_parties.problems import RegistrationProblems
from relying_parties.sp_metadata.parser import read_service_provider
from relying_parties.sp_metadata.service_provider import (
    AttributeConsumingService,
    Binding,
    Endpoint,
    RequestedAttribute,
    could_be_entity_id,
)
from tests.actors.artifacts import ArtifactProvider, in_soap
from tests.actors.browser import Professional
from tests.actors.identity_provider import IdentityProvider
from tests.actors.page import Page
from tests.actors.saml_logout import BINDINGS, LeavingProvider, Told
from tests.actors.service_provider import SignedOn
from tests.attacks.endpoints.test_hostile_input import INSIDES
from tests.builders.descriptors import a_service_provider_metadata
from tests.builders.metadata import a_signer, signed
from tests.builders.saml import encryption_key
from tests.fixtures.artifacts import registers_agenda
from tests.fixtures.logout import registers_leaving
from tests.saml_mutations import CHANGES, TEXTS, WAYS, carried, changed

MORE_MEMORY = 150_000_000  # octets, for any number of messages: what is loaded late and what is remembered
LARGEST_ANSWER = 100_000
_LONG_BASE64 = re.compile(r"[A-Za-z0-9+/=%_-]{60,}")  # any word may be in it
_PATHS = ("/saml/sso", "/saml/logout", "/saml/start/messagerie", "/saml/logout/soap", "/saml/artifact", "/saml/ecp")

RICH = (
    '<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{name}</saml:NameID>'
    '</saml:Subject><samlp:NameIDPolicy AllowCreate="true"'
    ' Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"/>'
    '<saml:Conditions NotOnOrAfter="2099-01-01T00:00:00Z"/><samlp:RequestedAuthnContext Comparison="minimum">'
    "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"
    '</samlp:RequestedAuthnContext><samlp:Scoping ProxyCount="0"><samlp:IDPList><samlp:IDPEntry ProviderID="{idp}"/>'
    "</samlp:IDPList></samlp:Scoping>"
)

one_change = st.tuples(st.sampled_from(CHANGES), st.integers(0, 2**32))
changes = st.one_of(st.lists(one_change, max_size=1), st.lists(one_change, max_size=4))
ways = st.tuples(st.sampled_from(WAYS), st.integers(0, 2**32))


@dataclass(slots=True)
class Under:
    """An installation with service providers, and a browser in which Jeanne is logged in."""

    idp: IdentityProvider
    leaving: LeavingProvider
    agenda: ArtifactProvider
    person: Professional
    elsewhere: frozenset[str]
    memory: int = 0
    cookie: str = ""
    signed_on: SignedOn | None = None

    def message(self, kind: str) -> bytes:
        sp = self.leaving.sp
        match kind:
            case "authn":
                return sp.request()
            case "authn-rich":
                return sp.request(inside=RICH.format(name=self.signed_on.name_id, idp=sp.idp_entity_id))
            case "authn-by-client":
                at = f"{sp.issuer}/saml/ecp"
                return sp.request(AssertionConsumerServiceURL=None, ProtocolBinding=f"{BINDINGS}PAOS", Destination=at)
            case "authn-by-artifact":
                return self.agenda.sp.request(
                    AssertionConsumerServiceURL=None, ProtocolBinding=None, AssertionConsumerServiceIndex="0"
                )
            case "logout":
                # of a session that is over: one that is open would be ended by the first
                return self.leaving.request(replace(self.signed_on, session_index=f"_{secrets.token_hex(20)}"))
            case "logout-response":
                return self.leaving.confirms(
                    Told(identifier=f"_{secrets.token_hex(20)}", name_id="", session_indexes=[], relay_state=None)
                )
        return self.agenda.resolve("AAQAA" + "A" * 54 + "=")

    def signs_on(self) -> None:
        browser = self.idp.a_browser()
        browser.visits(self.leaving.sp.asks())
        self.signed_on = self.leaving.sp.signs_on(browser.gives(self.person))
        self.cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies["localhost"].items())

    def signed(self, xml: bytes) -> bytes:
        """By the provider whose message it is, as far as it can still be signed."""
        sp = self.agenda.sp if b"agenda.example" in xml else self.leaving.sp
        try:
            return sp.signs(xml)
        except Exception:  # bent as it is it may be no XML any more, in any way: then it goes out unsigned
            return xml

    def asks(self, method: str, path: str, query: str, body: bytes, content_type: str, **headers: str) -> Page:
        builder = EnvironBuilder(path="/", base_url="http://localhost:8400", method=method, input_stream=None)
        address = ".".join(str(1 + secrets.randbelow(250)) for _ in range(4))  # or the throttles would see it all
        environ = builder.get_environ() | {
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": address,
            "HTTP_COOKIE": self.cookie,
        }
        environ["wsgi.input"] = io.BytesIO(body)
        content, status, answered = run_wsgi_app(
            self.idp.app.wsgi_app, environ | {f"HTTP_{name}": value for name, value in headers.items()}, buffered=True
        )
        text = b"".join(content).decode("utf-8")
        return Page(f"http://localhost:8400{path}", int(status[:3]), text, dict(answered))


@pytest.fixture
def under(idp, jeanne) -> Under:
    service = AttributeConsumingService(index=0, attributes=(RequestedAttribute(name="urn:oid:2.5.4.42"),))
    consumers = tuple(
        Endpoint(binding=binding, location=f"https://messagerie.example/saml/{name}", index=index)
        for index, (binding, name) in enumerate(((Binding.POST, "acs"), (Binding.PAOS, "paos")))
    )
    leaving = registers_leaving(
        idp,
        idp_initiated=True,
        ecp=True,
        assertion_consumer_services=consumers,
        attribute_consuming_services=(service,),
    )
    agenda = registers_agenda(idp)
    registers_leaving(
        idp,
        "dossier",
        requests_signed=True,
        encryption_keys=(encryption_key("dossier"),),
        single_logout_services=(Endpoint(binding=Binding.POST, location="https://dossier.example/saml/slo"),),
    )
    under = Under(
        idp=idp,
        leaving=leaving,
        agenda=agenda,
        person=jeanne,
        elsewhere=frozenset({"https://messagerie.example", "https://agenda.example", "https://dossier.example"}),
    )
    under.signs_on()
    for path, kind in (
        ("/saml/sso", "authn"), ("/saml/logout", "logout"), ("/saml/artifact", "resolve"),
        ("/saml/ecp", "authn-by-client"),
    ):  # fmt: skip
        good = list(_sent(under, path, under.signed(under.message(kind)), "SAMLRequest", None, "right", 0, "after"))
        assert all(page.status == 200 for page in good[:1]), good  # or nothing of what is bent would come far
    under.memory = psutil.Process().memory_info().rss
    return under


KINDS = (
    "authn", "authn-rich", "authn-rich", "authn-by-artifact", "authn-by-client", "logout", "logout-response", "resolve",
)  # fmt: skip


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate],
)
@given(
    kind=st.sampled_from(KINDS),
    how=changes,
    signs=st.sampled_from(("not", "before", "after", "after")),
    carrying=ways,
    parameter=st.sampled_from(("SAMLRequest",) * 5 + ("SAMLResponse", "SAMLart")),
    relay_state=st.sampled_from((None, None, *TEXTS)),
    paths=st.sampled_from((_PATHS, _PATHS[:2], _PATHS[3:])),  # what reads it, and what does not
)
def test_no_changed_message_causes_an_error_or_leads_to_another_address(
    under, kind, how, signs, carrying, parameter, relay_state, paths
):
    way, number = carrying
    xml = under.message(kind)
    if signs == "before":
        xml = under.signed(xml)
    for name, seed in how:
        xml = changed(xml, name, seed)
    if signs == "after":
        xml = under.signed(xml)
    if kind == "logout-response" and parameter == "SAMLRequest":
        parameter = "SAMLResponse"
    for path in paths:
        for page in _sent(under, path, xml, parameter, relay_state, way, number, signs):
            is_one_of_ours(page, under)
            event(f"{path} {page.status}{' Success' if page.asks_for('SAMLResponse') else ''}")
            if path == "/saml/start/messagerie" and page.status == 303:
                under.signs_on()  # a bent logout without SessionIndex is a good one
    assert psutil.Process().memory_info().rss - under.memory < MORE_MEMORY


def _sent(under, path, xml, parameter, relay_state, way, number, signs):
    if path.endswith(("/soap", "/artifact", "/ecp")):
        body = xml if way == "text" else in_soap(xml.partition(b"?>")[2] if xml.startswith(b"<?xml") else xml)
        content_type = "text/plain" if way == "lines" else "text/xml; charset=utf-8"
        authorization = "Basic amR1cG9udDpUcmVpbGxlLVZpdmUtNzEh" if way == "right" else "Basic x"
        yield under.asks("POST", path, "", body, content_type, AUTHORIZATION=authorization, SOAPACTION='"x"')
        return
    query = f"{parameter}={quote_plus(carried(xml, way, number, deflates=True))}"
    if relay_state is not None:
        query += f"&{'target' if 'start' in path else 'RelayState'}={quote_plus(relay_state)}"
    if signs != "not":
        query = under.leaving.sp.signed_query(query)
    yield under.asks("GET", path, query, b"", "")
    form = f"{parameter}={quote_plus(carried(xml, way, number, deflates=False))}"
    if relay_state is not None:
        form += f"&RelayState={quote_plus(relay_state)}"
    yield under.asks("POST", path, "", form.encode(), "application/x-www-form-urlencoded")


ANSWERED = {200, 303, 400, 401, 403, 404, 405, 410, 413, 415, 429}


def is_one_of_ours(page: Page, under: Under) -> None:
    """The answer is a page, a redirect or an envelope, of bounded size, and leads only to registered addresses."""
    told = f"{page.status} {page.url} {page.headers.get('Location')}\n{page.html[:3000]}"
    assert page.status in ANSWERED, told
    assert len(page.html) < LARGEST_ANSWER, told
    kind = page.headers.get("Content-Type", "").partition(";")[0]
    assert kind in ("text/html", "text/xml", "application/vnd.paos+xml", "application/json", ""), told
    if page.headers.get("Content-Type", ""):
        assert page.headers["Cache-Control"] == "no-store", told
    location = page.headers.get("Location", "")
    assert not location or _leads_to(location, under), told
    assert not INSIDES.search(_LONG_BASE64.sub("", page.html + location)), told
    for form in page.forms:
        assert _leads_to(form.action, under), told
        if "SAMLResponse" in form.fields or "SAMLRequest" in form.fields:
            assert form.action.startswith("https://") == (page.status == 200), told
    for link in page.links:
        assert _leads_to(link.address, under), told
    assert page.goes_on_to is None or _leads_to(page.goes_on_to, under), told
    allowed = page.headers.get("Content-Security-Policy", "").partition("form-action ")[2].partition(";")[0]
    assert set(allowed.split()) <= {"'self'", *under.elsewhere}, told


def _leads_to(address: str, under: Under) -> bool:
    if address.startswith("/") and not address.startswith("//"):
        return True
    parts = urlsplit(address)
    return parts.scheme in ("tel", "mailto") or f"{parts.scheme}://{parts.netloc}" in {
        "http://localhost:8400",
        *under.elsewhere,
    }


@settings(suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])
@given(how=changes, after_signing=st.booleans())
def test_no_changed_metadata_cause_an_error_or_have_unsigned_addresses(how, after_signing):
    """They are refused with a fault, or have only addresses that may be registered."""
    written = a_service_provider_metadata(attributes='ID="_of-this-entity" validUntil="2099-01-01T00:00:00Z"')
    xml = written if isinstance(written, bytes) else written.encode()
    if after_signing:
        xml = signed(xml)
    for name, seed in how:
        xml = changed(xml, name, seed)
    with contextlib.suppress(RegistrationProblems):
        read = read_service_provider(xml, loopback_http=False)
        assert could_be_entity_id(read.entity_id)
        for endpoint in read.endpoints:
            for address in filter(None, (endpoint.location, endpoint.response_location)):
                assert address_fault(address, loopback_http=False) is None
    with contextlib.suppress(MetadataRefused):
        now = datetime.now(UTC)
        verify(xml, certificates=[a_signer().certificate], now=now, ceiling=timedelta(days=40_000))
        assert after_signing
        assert read_service_provider(xml, loopback_http=False) == read_service_provider(written, loopback_http=False)
