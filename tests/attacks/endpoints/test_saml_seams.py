"""Prevents: attacks between parts of SAML that are each safe by themselves.

Attacks between a request and its answer are in `test_saml_meanwhile.py`, and those between
two service providers in `test_saml_two_providers.py`.
"""

import io
import json
import re
import secrets
from dataclasses import replace
from urllib.parse import quote, urlsplit

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from config.logging_setup import write_journal
from config.redis.connection import client_for
from idp.accounts.new_account import NewAccount
from idp.journal_rules import JOURNAL_RULES
from idp.saml.errors import SamlFault
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.saml_logout import Told
from tests.builders.operators import OPERATOR
from tests.builders.saml import encryption_key, key_pair
from tests.fixtures.logout import registers_leaving
from tests.fixtures.saml import context, registers

POST = Binding.POST


@pytest.fixture
def journal(idp):
    """The text of the log from now on."""
    written = io.StringIO()
    write_journal("INFO", JOURNAL_RULES, to=written)
    return written


def faults(journal) -> list[str]:
    return [line["fault"] for line in map(json.loads, journal.getvalue().splitlines()) if "fault" in line]


def without_errors(journal) -> bool:
    return not [line for line in map(json.loads, journal.getvalue().splitlines()) if line["level"] == "ERROR"]


# --- methods that only look ------------------------------------------------------------------


def test_a_head_request_does_not_use_up_a_request(browser, messagerie, jeanne):
    """RFC 9110, section 9.3.2: link scanners and some proxies send HEAD before the person's GET."""
    address = messagerie.asks()
    looked = browser._request("HEAD", address, None, coming_from="cross-site")
    assert "Set-Cookie" not in looked.headers
    assert browser.visits(address).status == 200
    assert messagerie.signs_on(browser.gives(jeanne))


def test_a_head_request_neither_binds_nor_answers_a_pending_login(browser, messagerie, jeanne):
    """A link scanner must not become the browser of the login."""
    begun = browser.asks(messagerie.asks()).headers["Location"]
    looked = browser._request("HEAD", f"{messagerie.issuer}{begun}", None, coming_from="cross-site")
    assert "Set-Cookie" not in looked.headers
    browser.visits(f"{messagerie.issuer}{begun}")
    assert messagerie.signs_on(browser.gives(jeanne))


@pytest.mark.parametrize("header", ["HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ"])
def test_a_prefetch_does_not_use_up_a_request(idp, messagerie, header):
    """The browser sends the request again when the person follows the link."""
    address = messagerie.asks()
    client = idp.app.test_client()
    ahead = client.get(address, environ_overrides={header: "prefetch"})
    assert ahead.status_code == 503
    assert ahead.headers["Cache-Control"] == "no-store"
    assert "SAMLResponse" not in ahead.text
    assert client.get(address).status_code == 303


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/saml/sso", "/saml/logout", "/saml/logout/soap", "/saml/start/messagerie"])
def test_other_methods_are_refused(browser, messagerie, method, path):
    query = urlsplit(messagerie.asks()).query
    answered = browser._request(method, f"{messagerie.issuer}{path}?{query}", None, coming_from="cross-site")
    assert answered.status_code in (405, 501)
    assert browser.visits(f"{messagerie.issuer}/saml/sso?{query}").status == 200


def test_the_query_of_a_form_post_is_ignored(browser, messagerie, jeanne):
    """Parameters of a POST are read only from the form."""
    other = urlsplit(messagerie.asks(relay_state="of the query")).query
    browser.is_made_to_post(f"{messagerie.address}?{other}", **messagerie.posts(relay_state="of the form"))
    assert messagerie.signs_on(browser.gives(jeanne)).relay_state == "of the form"


@pytest.mark.parametrize("name", ["SAMLRequest", "RelayState", "SigAlg", "Signature"])
@pytest.mark.parametrize("escaped", [False, True])
def test_a_repeated_parameter_is_refused(browser, messagerie, journal, name, escaped):
    written = f"%{ord(name[0]):02X}{name[1:]}" if escaped else name
    browser.visits(f"{messagerie.asks(relay_state='a', signed=True)}&{written}=x")
    assert faults(journal) == [SamlFault.PARAMETER_REPEATED]


# --- instants at the ends of time -----------------------------------------------------------


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", "2026-W01-1T00:00:00Z"]
)
def test_an_extreme_instant_causes_no_error(browser, messagerie, journal, at):
    assert browser.visits(messagerie.asks(IssueInstant=at)).status == 400
    page = browser.visits(messagerie.asks(inside=f'<saml:Conditions NotOnOrAfter="{at}"/>'))
    assert page.status in (200, 400)
    assert without_errors(journal)


def test_an_extreme_instant_of_a_logout_causes_no_error(idp, browser, jeanne, journal):
    leaving = registers_leaving(idp)
    browser.visits(leaving.sp.asks())
    signed_on = leaving.sp.signs_on(browser.gives(jeanne))
    for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        browser.visits(leaving.asks(signed_on, NotOnOrAfter=at))
        assert browser.visits(leaving.asks(signed_on, IssueInstant=at)).status == 400
    assert without_errors(journal)


@pytest.mark.parametrize("status", ["", "<samlp:Status/>", "<samlp:Status><samlp:StatusMessage/></samlp:Status>"])
def test_a_logout_response_without_status_causes_no_error(idp, browser, journal, status):
    """pysaml2's schema check accepts it, and anyone can send it before a signature is verified."""
    leaving = registers_leaving(idp)
    told = Told(identifier="_x", name_id="", session_indexes=[], relay_state=None)
    xml = re.sub(rb"<samlp:Status>.*</samlp:Status>", status.encode(), leaving.confirms(told))
    page = browser.visits(leaving.sends(xml, parameter="SAMLResponse"))
    assert (page.status, faults(journal)) == (400, [SamlFault.REQUEST_MALFORMED])


def test_faults_do_not_name_classes_of_the_library(idp, browser, messagerie):
    """Neither the page, in development, nor `idp fault` names them."""
    page = browser.visits(
        messagerie.asks(inside="<saml:Conditions NotOnOrAfter='never'/><samlp:Scoping ProxyCount='x'/>")
    )
    assert "against the schema" in page.text
    reference = page.text.partition("Référence ")[2].split()[0]
    kept = idp.services.faults.find(reference)
    assert kept.fault == SamlFault.REQUEST_MALFORMED
    assert kept.received.startswith("not valid against the schema: AuthnRequest with ID ")
    assert kept.received.endswith(" and Issuer Conditions Scoping")


# --- what a stranger makes us keep ------------------------------------------------------------


def test_the_state_of_a_pending_login_is_bounded(idp, browser, messagerie):
    """A request of 60 kB must not make a pending login of 60 kB."""
    classes = "".join(
        f"<saml:AuthnContextClassRef>urn:invented:{'x' * 200}:{number}</saml:AuthnContextClassRef>"
        for number in range(200)
    )
    request = messagerie.request(inside=context("PasswordProtectedTransport").replace("</samlp:", f"{classes}</samlp:"))
    idp.a_browser().visits(messagerie.asks())  # what Redis takes for the first of anything is no part of it
    with client_for(idp.settings.redis_url) as redis:
        before = redis.info("memory")["used_memory_dataset"]
        for _ in range(10):
            xml = request.replace(b' ID="_', b' ID="_' + secrets.token_hex(4).encode())
            assert idp.a_browser().visits(messagerie.sends(xml, relay_state="r" * 2_048)).status == 200
        assert redis.info("memory")["used_memory_dataset"] - before < 10 * 8_192


# --- what the pages say, and to which person -------------------------------------------------------------


def test_no_answer_may_be_cached_or_framed(idp, browser, jeanne):
    leaving = registers_leaving(idp, idp_initiated=True)
    pages = [browser.visits(leaving.sp.asks()), browser.gives(jeanne)]
    signed_on = leaving.sp.signs_on(pages[-1])
    pages += [
        browser.visits(leaving.sp.asks()),
        browser.visits(leaving.sp.asks(IsPassive="true", ForceAuthn="true")),
        browser.visits(f"{idp.issuer}/saml/start/messagerie"),
        browser.visits(f"{idp.issuer}/saml/start/nothing"),
        browser.visits(f"{idp.issuer}/saml/sso"),
        browser.visits(f"{idp.issuer}/saml/logout"),
        browser.visits(leaving.asks(replace(signed_on, name_id="nobody"))),
    ]
    answers = [browser.asks(leaving.asks(signed_on)), browser.asks(f"{idp.issuer}/saml/logout/soap", posting={})]
    for shown in [page for page in pages if page.status] + answers:
        assert shown.headers["Cache-Control"] == "no-store", shown
        assert shown.headers["X-Frame-Options"] == "DENY"
        posts = "SAMLResponse" in getattr(shown, "html", "")  # to the application, which asks where it comes from
        assert shown.headers["Referrer-Policy"] == ("strict-origin" if posts else "no-referrer")
        policy = dict(part.strip().partition(" ")[::2] for part in shown.headers["Content-Security-Policy"].split(";"))
        assert policy["frame-ancestors"] == policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert set(policy["form-action"].split()) <= {"'self'", "https://messagerie.example"}


RELAY_STATES = [
    "https://attacker.example/", "//attacker.example", "javascript:alert(1)", "\"><script>alert('saml')</script>",
    "a\r\nSet-Cookie: session=x", "é\u202e\u2028", "]]>", "{{7*7}}", "\x7f", "x" * 2048,
]  # fmt: skip


@pytest.mark.parametrize("relay_state", RELAY_STATES)
def test_relay_state_is_returned_unchanged_and_changes_no_address(browser, messagerie, jeanne, relay_state):
    address = messagerie.asks(relay_state=relay_state)
    browser.visits(address)
    page = browser.gives(jeanne)
    assert messagerie.signs_on(page).relay_state == relay_state
    assert "<script>alert" not in page.html
    assert page.goes_on_to is None
    assert not [link for link in page.links if "attacker" in link.address or link.address.startswith("javascript")]
    assert "Set-Cookie" not in page.headers or "session=x" not in page.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "target",
    [
        "https://attacker.example/", "//attacker.example", "/\\attacker.example", "https:attacker.example",
        "https://messagerie.example@attacker.example/", "https://messagerie.example.attacker.example/",
        "https://messagerie.example:444/", "http://messagerie.example/", "javascript:alert(1)", "\t//attacker.example",
        "https://messagerie.example\\@attacker.example/", "https://messagerie.example%2f@attacker.example/",
        "https://attacker.example?https://messagerie.example/", "https://attacker.example#@messagerie.example/",
        "///attacker.example", "/%09/attacker.example\n", "https://[::1", "https://messagerie.example:x/",
    ],
)  # fmt: skip
def test_an_idp_initiated_login_leads_only_to_the_application(idp, browser, jeanne, target):
    registers(idp, idp_initiated=True)
    page = browser.visits(f"{idp.issuer}/saml/start/messagerie?target={quote(target, safe='')}")
    assert page.status == 400
    assert not page.asks_for("SAMLResponse")


@pytest.mark.parametrize("identifier", ["%00", "messagerie%00", "..%2f", "%ff", "dcc", "x" * 5000, "%F0%9F%92%A3"])
def test_an_idp_initiated_login_needs_a_saml_application(idp, browser, messagerie, identifier):
    assert browser.visits(f"{idp.issuer}/saml/start/{identifier}").status in (400, 404)


def test_our_metadata_do_not_depend_on_the_host_header(idp):
    """Caches may keep them: an attacker's Host must not appear in them or in a redirect."""
    honest = idp.app.test_client().get("/saml/metadata", base_url=idp.issuer)
    asked = idp.app.test_client().get(
        "/saml/metadata", base_url="http://attacker.example", headers={"X-Forwarded-Host": "attacker.example"}
    )
    assert asked.status_code == honest.status_code == 200
    assert asked.data == honest.data
    assert "attacker" not in str(asked.headers)


@pytest.mark.parametrize(
    "name",
    ["]]>", "<script>alert('saml')</script>", "\"&amp;'", "e\u0301\u0301", "\U0001f4a3", "%00", "--><!--", "&#0;"],
)
def test_markup_in_a_name_is_escaped(idp, browser, jeanne, name):
    """Core 2.7.3.1: in the assertion and on the page."""
    messagerie = registers(idp)
    odd = replace(jeanne, login="podd")
    new = NewAccount(login=odd.login, given_name=f"P{name}", family_name=f"{name}d", email="podd@exemple.test")
    idp.services.account_service.create(new, actor=OPERATOR)
    idp.gives_password(odd, odd.password)
    browser.visits(messagerie.asks())
    page = browser.gives(odd)
    assert messagerie.signs_on(page).attributes["urn:oid:2.5.4.42"] == [f"P{name}"]
    assert "<script>alert" not in page.html


def test_entity_ids_are_compared_octet_by_octet(idp, browser, jeanne):
    """Two entityIDs that differ in the case of a letter are two applications."""
    one = registers(idp)
    consumer = Endpoint(binding=POST, location="https://other.example/acs", index=0)
    other = registers(
        idp,
        name="other",
        identifier="other",
        entity_id=one.entity_id.replace("saml", "SAML"),
        home_url="https://other.example/",
        assertion_consumer_services=(consumer,),
    )
    browser.visits(one.asks())
    first = one.signs_on(browser.gives(jeanne))
    second = other.signs_on(browser.visits(other.asks()))
    assert first.name_id != second.name_id
    for near in (f"{one.entity_id}\u200b", f"{one.entity_id}/.", one.entity_id.replace("m", "\uff4d", 1)):
        assert browser.visits(one.asks(issuer=near)).status == 400


@pytest.mark.parametrize("path", ["/saml/sso", "/saml/logout", "/saml/logout/soap", "/saml/artifact", "/saml/ecp"])
@pytest.mark.parametrize("length", [None, "-1", "99999999999999999999", "x"])
def test_a_body_without_a_true_length_is_read_within_limits(idp, path, length):
    """With Transfer-Encoding: chunked, or a wrong Content-Length."""
    body = EndlessBody()
    environ = EnvironBuilder(path=path, base_url=idp.issuer, method="POST").get_environ()
    content_type = "application/x-www-form-urlencoded" if path in ("/saml/sso", "/saml/logout") else "text/xml"
    environ |= {"CONTENT_TYPE": content_type, "HTTP_TRANSFER_ENCODING": "chunked"}
    environ |= {"wsgi.input": io.BufferedReader(body), "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    if length is not None:
        environ["CONTENT_LENGTH"] = length
    _, status, _ = run_wsgi_app(idp.app.wsgi_app, environ, buffered=True)
    assert status[:3] in ("400", "401", "411", "413")
    assert body.given < 1_000_000


class EndlessBody(io.RawIOBase):
    """An endless body that counts the octets read."""

    def __init__(self) -> None:
        super().__init__()
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self.given += len(buffer)
        assert self.given < 10_000_000, "read without end"
        buffer[:] = b"A" * len(buffer)
        return len(buffer)


# --- what is written down ---------------------------------------------------------------------------


def test_the_log_has_no_personal_data_of_logins(idp, browser, jeanne, capfd):
    written = io.StringIO()
    write_journal("DEBUG", JOURNAL_RULES, to=written)
    leaving = registers_leaving(idp, encryption_keys=(encryption_key("messagerie"),), encrypt_name_id=True)
    browser.visits(leaving.sp.asks(relay_state="relay-state-4711"))
    page = browser.gives(jeanne)
    signed_on = leaving.sp.signs_on(page)
    for refused in (
        leaving.request(replace(signed_on, session_index="_other")),
        leaving.request(signed_on, IssueInstant="2001-01-01T00:00:00Z"),
        leaving.request(signed_on, Destination="https://elsewhere.example/"),
    ):
        browser.visits(leaving.sends(refused))
    browser.visits(leaving.asks(signed_on))
    said = written.getvalue() + "".join(capfd.readouterr())
    for secret in (
        signed_on.name_id, signed_on.session_index, jeanne.password, jeanne.email, "relay-state-4711",
        page.form_with("SAMLResponse").fields["SAMLResponse"][:80], "PRIVATE KEY", "<saml",
    ):  # fmt: skip
        assert secret not in said, secret


def test_a_fault_record_has_no_personal_data_of_logouts(idp, browser, jeanne):
    leaving = registers_leaving(idp)
    browser.visits(leaving.sp.asks())
    signed_on = leaving.sp.signs_on(browser.gives(jeanne))
    kept = []
    keep = idp.app.extensions["idp"].faults.keep
    idp.app.extensions["idp"].faults.keep = lambda *told, **named: kept.append((told, named)) or keep(*told, **named)
    forged = leaving.request(signed_on)
    leaving.sp.keys = key_pair("attacker")
    browser.visits(leaving.sends(forged))
    assert kept
    assert signed_on.name_id not in repr(kept)
    assert signed_on.session_index not in repr(kept)
