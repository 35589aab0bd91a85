"""A person who types the number or the address of another learns nothing, and gains nothing."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event, select

from config.actor import Actor
from enrollment.register.importing import import_extract
from enrollment.requests.history import add_event
from enrollment.requests.links import add_link
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.vocabulary import LinkPurpose
from tests.actors.applicant import Applicant
from tests.builders.enrollment import BEGUN, a_request
from tests.builders.register import a_line, write_extract

KNOWN, UNKNOWN = "zoe.lefevre@exemple.test", "zoe.inconnue@exemple.test"
OF_ZOE, OF_NOBODY = "99700123450", "99700123468"


@pytest.fixture
def zoe(enrollment):
    """Somebody whose request is in the queue, with a number and an address of hers."""
    with enrollment.services.database.transaction() as session:
        return a_request(session, email=KNOWN, rpps=OF_ZOE, family_name="Lefèvre", given_name="Zoé").id


@pytest.fixture
def stranger(enrollment):
    """Makes strangers, each in a browser of their own."""
    return lambda: Applicant(enrollment.a_browser(), enrollment.address)


@contextmanager
def statements_of(engine: Engine, statements: list[str]) -> Iterator[None]:
    """The SQL statements that are executed within the block, in order."""

    def executed(_connection, _cursor, statement, *_):
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", executed)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", executed)


def without_what_differs(text, *typed):
    """The text without what the person has typed, references, times and random values."""
    for word in typed:
        text = text.replace(word, "").replace(word.replace("@", "@ "), "")  # a line may end after the @
    text = re.sub(r"INS-\d+-\d+|\d+ \w+ \d{4} à \d+ h \d+", "", text)
    return re.sub(r'value="[0-9a-f]{88}"|data-\w+="[^"]*"', "", text)


def test_an_export_tells_nothing_of_the_account_that_operators_have_recognised(enrollment):
    """A stranger who has typed the number of somebody else reads the export of the request, which is theirs."""
    with enrollment.services.database.transaction() as session:
        request = a_request(
            session, existing_account="handle-of-zoe", assigned_to="sub", assigned_name="Camille Ferrand"
        )
        for kind, actor, detail in (
            ("sent", "person", {}),
            ("account-recognised", "sub", {"by": "Camille Ferrand", "username": "zlefevre"}),
            ("part-accepted", "sub", {"by": "Camille Ferrand", "kind": "account", "name": ""}),
            ("delivery.refused", "service:delivery", {"reason": "another account has proven this number"}),
            ("delivered", "service:delivery", {"username": "zlefevre"}),
        ):
            add_event(session, request.id, kind, at=BEGUN, actor=actor, detail=detail)
        token = add_link(session, request.id, LinkPurpose.STATUS, now=BEGUN, lifetime=None)
    told = enrollment.a_browser().asks(f"{enrollment.address}/status/{token}/data.json").text
    for secret in ("handle-of-zoe", "zlefevre", "recognised", "refused", "another account", "Camille", '"sub"'):
        assert secret not in told
    assert [event["kind"] for event in json.loads(told)["requests"][0]["history"]] == [
        "sent", "part-accepted", "delivered",
    ]  # fmt: skip


@pytest.mark.usefixtures("zoe")
def test_the_pages_are_the_same_for_any_number_and_address(stranger):
    seen = []
    for email, rpps in ((KNOWN, OF_ZOE), (UNKNOWN, OF_NOBODY)):
        somebody = stranger()
        pages = [somebody.comes_to_the_check(email=email, rpps=rpps), somebody.finishes()]
        seen.append([(page.status, page.path, without_what_differs(page.text, email, rpps)) for page in pages])
    assert seen[0] == seen[1]


def test_another_persons_request_stays_as_it_was(enrollment, stranger, zoe):
    def columns():
        with enrollment.services.database.transaction() as session:
            kept = session.scalars(select(EnrollmentRequest).where(EnrollmentRequest.id == zoe)).one()
            return {name: getattr(kept, name) for name in EnrollmentRequest.__table__.columns.keys()}  # noqa: SIM118

    before = columns()
    somebody = stranger()
    somebody.sends_a_request(email=KNOWN, rpps=OF_ZOE)
    somebody.visits("/follow")
    somebody.sends("email", email=KNOWN)
    enrollment.services.jobs.run_due()
    assert columns() == before


@pytest.mark.usefixtures("zoe")
def test_asking_for_a_link_takes_the_same_statements_whether_there_is_something_or_not(enrollment, stranger):
    """What is kept is looked up by a job: the page asks nothing about the address."""
    asked = []
    for email in (KNOWN, UNKNOWN):
        somebody = stranger()
        somebody.visits("/follow")
        statements: list[str] = []
        engine = enrollment.app.extensions["enrollment"].database.engine
        with statements_of(engine, statements):
            somebody.sends("email", email=email)
        asked.append(statements)
    assert asked[0] == asked[1]


@pytest.mark.usefixtures("zoe")
def test_sending_takes_the_same_statements_for_any_address(enrollment, stranger):
    asked = []
    for email in (KNOWN, UNKNOWN):
        somebody = stranger()
        somebody.comes_to_the_check(email=email)
        statements: list[str] = []
        engine = enrollment.app.extensions["enrollment"].database.engine
        with statements_of(engine, statements):
            somebody.finishes()
        asked.append(statements)
    assert asked[0] == asked[1]


@pytest.mark.parametrize("names", [("", ""), ("Inconnue", "Jeanne"), ("d’Aubrac", "Jeanne"), ("Inconnue", "Éloïse")])
@pytest.mark.parametrize("button", ["register", "take"])
def test_a_number_without_the_names_of_its_holder_is_answered_as_one_that_does_not_exist(
    enrollment, stranger, tmp_path, names, button
):
    """The register has the number under other names: the page, and what is asked to make it, say nothing of it."""
    services = enrollment.services
    extract = write_extract(tmp_path, [a_line(national_id=f"8{OF_ZOE}")])
    import_extract(services.database, services.audit, extract, actor=Actor.service("test"))
    seen = []
    for rpps in (OF_ZOE, OF_NOBODY):
        somebody = stranger()
        somebody.begins()
        somebody.has_no_card()
        statements: list[str] = []
        with statements_of(enrollment.app.extensions["enrollment"].database.engine, statements):
            page = somebody.says_who_they_are(
                rpps=rpps, family_name=names[0], given_name=names[1], profession="", find=button
            )
        assert "CH DE BELLEFONTAINE" not in page.text
        seen.append((page.status, page.path, without_what_differs(page.text, rpps), statements))
    assert seen[0] == seen[1]


def test_a_draft_is_not_opened_by_its_identifier_alone(stranger, eloise, request_of):
    eloise.begins()
    somebody = stranger()
    somebody.visits("/")
    somebody.browser.cookies["127.0.0.1"]["__Host-enrollment-draft"] = request_of().browser_key_hash[:43]
    assert somebody.visits("/request").status == 404


def test_the_first_address_of_a_draft_is_not_given_by_somebody_else(stranger, eloise, request_of):
    eloise.begins()
    somebody = stranger()
    somebody.visits("/resume")
    somebody.sends("email", email=UNKNOWN)
    assert request_of().email == ""
