"""Prevents: a fault of ours, or markup of a stranger, by any input to any address of enrollment.

Every rule of the application is asked for and posted to, as a stranger, as a person with a draft and a request, and
as an operator, with our own form token or a forged one, and with texts that have broken others.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes, unquote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from config.web.csrf import TOKEN_FIELD
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.person import PERSON_FIELDS
from enrollment.sign_in.person import SignedInPerson
from enrollment.sign_in.provider import SignIn
from tests.actors.applicant import ELOISE_TYPES, Applicant, key_of
from tests.actors.enrollment import Enrollment
from tests.attacks.endpoints.test_hostile_input import INSIDES, environment, run_wsgi_app, written
from tests.enrollment.applicant.test_check import the_link

MARKUP = "\"'><img src=x onload=alert(1)>{{7*7}}%(name)s</title><script>alert(2)</script>"
WORDS_OF_HTML = re.compile('<select |"redis":')  # the latter in /health/ready, which says what is away
NAMES = tuple(
    name.encode()
    for name in (
        *PERSON_FIELDS, "conditions", "application", "card", "version", "website", "altcha", "find", "add", "then",
        "answer", "here", "state", "code", "iss", "error", "logout_token", "q", "after", "part", "decision", "words",
        "language", "sure", TOKEN_FIELD, *(f"{field}-{key_of('application', 'dcc')}" for field in ("want", "reason")),
    )
)  # fmt: skip
KNOWN = (
    b"dcc", b"accepted", b"no", b"yes", b"0", b"-1", b"1", b"9" * 400, b"FR", b"M\xc3\xa9decin", b"45000", b"x" * 5000,
    b"eloise.daubrac@exemple.test", b"a@b\r\nBcc: c@exemple.test", b"\x00", b"a\x00b", b"\xff\xfe", b"\xed\xa0\x80",
    b"\xe2\x80\xae", b"{}", b"[" * 1500, b"' OR 1=1 --", b"../../etc/passwd", b"//evil.example", b"1e999", b"NaN",
    b"=cmd|' /C calc'!A0", b"eyJhbGciOiJub25lIn0.e30.", "\u0130\u0307".encode(), "٣٤".encode(), MARKUP.encode(),
)  # fmt: skip
values = st.one_of(st.sampled_from(KNOWN), st.sampled_from(KNOWN), st.binary(max_size=40))
OF_A_PART = ("choice", "role", "from", "until", "code", "words")
"""The fields of a decision, each followed by the identifier of a part."""
OF_THE_OFFICE = (b"ask", b"step", b"words", b"note", b"take", b"handle", b"document", b"email", b"until", b"community")
CHOICES = (b"accept", b"ask", b"refuse", b"later", b"confirm", b"review", b"not-identified", b"other", b"2027-01-31")


def decision_names(parts: list[str]) -> st.SearchStrategy[bytes]:
    return st.sampled_from([*OF_THE_OFFICE, *(f"{field}-{part}".encode() for field in OF_A_PART for part in parts)])


pairs = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), st.binary(max_size=8)), values), max_size=9)
whole_forms = st.dictionaries(st.sampled_from(sorted(ELOISE_TYPES)), values, max_size=4).map(
    lambda changed: [(name.encode(), changed.get(name, value.encode())) for name, value in ELOISE_TYPES.items()]
)
"""The form of step 2 with a few fields that are hostile: what is kept of it comes back on the pages that follow."""


@dataclass(slots=True)
class Inside:
    """One installation, with a draft in a browser, a request in another, and an operator who has signed in."""

    enrollment: Enrollment
    tokens: list[str]
    parts: list[str]
    references: list[str]
    browsers: list[Mapping[str, str]]

    @property
    def places(self) -> list[str]:
        return sorted({rule.rule for rule in self.enrollment.app.url_map.iter_rules()})


@pytest.fixture
def inside(enrollment: Enrollment, eloise: Applicant, stranger: Applicant) -> Inside:
    stranger.sends_a_request()
    verify = the_link(enrollment.letters()[0])
    stranger.browser.visits(verify)
    stranger.presses("Confirmer mon adresse")
    eloise.begins()
    operator = enrollment.a_browser()
    operator.visits(f"{enrollment.address}/")
    jars = [dict(browser.cookies["127.0.0.1"]) for browser in (eloise.browser, stranger.browser, operator)]
    jars[2]["__Host-enrollment-session"] = enrollment.services.sign_ins.open(an_operator())
    parts, references = stored(enrollment, RequestPart.id), stored(enrollment, EnrollmentRequest.reference)
    links = [verify.rpartition("/")[2], stranger.page.path.rpartition("/")[2]]
    tokens = [*links, "enrollment.css", *stored(enrollment, EnrollmentRequest.id)]
    return Inside(enrollment=enrollment, tokens=tokens, parts=parts, references=references, browsers=[*jars, {}])


def an_operator() -> SignIn:
    person = SignedInPerson(
        subject="sub-of-camille", sid="s", name=MARKUP, username="cferrand", email="camille@exemple.test",
        roles=frozenset({"administrator"}), communities=frozenset(),
    )  # fmt: skip
    return SignIn(person=person, id_token="e30.e30.e30", issued_at=0.0)


def stored(enrollment: Enrollment, column: Any) -> list[str]:
    with enrollment.services.database.reading() as connection:
        return [str(value) for value in connection.scalars(select(column)) if value is not None]


@pytest.mark.slow
@settings(
    max_examples=20,  # each is sent to every rule, by POST and by GET
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate],
    report_multiple_bugs=False,
)
@given(data=st.data())
def test_no_input_to_any_address_is_a_fault_of_ours_or_becomes_markup(inside: Inside, data: Any) -> None:
    decisions = st.lists(
        st.tuples(decision_names(inside.parts), st.one_of(st.sampled_from(CHOICES), values)), max_size=9
    )
    fields = data.draw(st.one_of(pairs, whole_forms, decisions))
    jar = data.draw(st.sampled_from(inside.browsers))
    forged = data.draw(st.sampled_from([None, b"", b"x" * 88, b"\xff"]))
    token = data.draw(st.one_of(st.sampled_from(inside.tokens), values.map(quote_from_bytes)))
    reference = data.draw(st.sampled_from([*inside.references, token]))
    address = f"192.0.2.{data.draw(st.integers(1, 254))}"
    for place in inside.places:  # every rule, each example
        path = place.replace("<reference>", reference)
        path = re.sub(r"<[^>]*>", lambda _: token, path)
        for method in ("POST", "GET"):
            version = (b"version", str(version_of(inside, reference)).encode())
            sent = [*fields, version, (TOKEN_FIELD.encode(), form_token(inside, jar) if forged is None else forged)]
            status, shown, location = ask(inside, method, path, sent, jar, address)
            told = f"{method} {path} {fields!r} -> {status}\n{shown[:2000]}"
            assert status < 500 or status == 503, told  # signing in: the identity provider of these tests has no pages
            read = unquote(WORDS_OF_HTML.sub("", shown) + location)  # an address of ours holds "%26error" for "&error"
            inside_word = INSIDES.search(read)
            assert inside_word is None, f"{inside_word} {told}"
            for markup in ("<img src=x", "<script>alert", ">49<"):
                assert markup not in shown, told


def test_what_is_stored_is_text_wherever_it_comes_back(inside: Inside) -> None:
    """Also what the pages would have refused: it is put into the database, as a former version may have."""
    prose = ("family_name", "given_name", "birth_name", "street", "po_box", "town", "cedex")
    with inside.enrollment.services.database.transaction() as session:
        for request in session.scalars(select(EnrollmentRequest)):
            for field in prose:
                setattr(request, field, MARKUP[: EnrollmentRequest.__table__.c[field].type.length])  # type: ignore[attr-defined]
        for part in session.scalars(select(RequestPart)):
            part.reason = MARKUP
    for jar in inside.browsers:
        for place in inside.places:
            for token in inside.tokens:
                status, shown, _ = ask(inside, "GET", re.sub(r"<[^>]*>", lambda _: token, place), [], jar, "192.0.2.1")  # noqa: B023
                assert status < 500 or status == 503, place
                assert "<img src=x" not in shown, place
                assert "<script>alert" not in shown, place
                if "<" not in place:
                    break


def version_of(inside: Inside, reference: str) -> int:
    """The present version of a request, so that a decision is not refused as an old one."""
    with inside.enrollment.services.database.reading() as connection:
        wanted = select(EnrollmentRequest.version).where(EnrollmentRequest.reference == reference)
        return connection.scalar(wanted) or 1 if "\x00" not in reference else 1


def form_token(inside: Inside, jar: Mapping[str, str]) -> bytes:
    """A token of this browser's own form, as the page has it."""
    _, shown, _ = ask(inside, "GET", "/", [], jar, "192.0.2.1")
    found = re.search(rf'name="{TOKEN_FIELD}" value="([^"]+)"', shown)
    return found[1].encode() if found else b""


def ask(
    inside: Inside, method: str, path: str, fields: list[tuple[bytes, bytes]], jar: Mapping[str, str], address: str
) -> tuple[int, str, str]:
    """one request; its status, its HTML and where it leads."""
    sent = written(fields)
    cookie = "; ".join(f"{name}={value}" for name, value in jar.items()).encode()
    query, body = (sent, b"") if method == "GET" else (b"", sent)
    kind = "" if method == "GET" else "application/x-www-form-urlencoded"
    environ = environment(method, path, query, body, kind, {}, cookie)
    environ |= {"REMOTE_ADDR": address, "HTTP_HOST": inside.enrollment.address.partition("//")[2]}
    content, status, headers = run_wsgi_app(inside.enrollment.app.wsgi_app, environ, buffered=True)
    shown = b"".join(content).decode("utf-8")
    is_html = headers.get("Content-Type", "").startswith("text/html")
    return int(status[:3]), shown if is_html else "", str(headers.get("Location", ""))
