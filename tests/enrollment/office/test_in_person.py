"""An operator fills in a request with the person in front of them (enrollment/office/in_person_page.py)."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from enrollment.offer import read_offer
from enrollment.office.decision import Accept, Decision
from enrollment.office.decisions import Decisions
from enrollment.office.operators import HeldRole, Operator, Role
from enrollment.office.queue import Filters, Queue, QueueState
from enrollment.requests.in_person import enrolled_by
from enrollment.requests.models import EnrollmentRequest, RequestEvent, RequestPart
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import RequestKind
from tests.actors.applicant import Applicant
from tests.builders.offer import OFFER

SESSION = "__Host-enrollment-session"


def operator(name: str) -> Operator:
    return Operator(
        subject=f"sub-of-{name}",
        name=name.title(),
        username=name,
        email=f"{name}@exemple.test",
        roles=frozenset({HeldRole(role=Role.APPROVER)}),
    )


@pytest.fixture
def camille(enrollment, signed_in):
    """Camille, an operator, before the page of requests in person."""
    applicant = Applicant(signed_in("approver"), enrollment.address)
    assert applicant.visits("/office/in-person").status == 200
    return applicant


def begin(camille: Applicant, **filled: str):
    return camille.sends("document", **{"document": "passport", "conditions": "accepted"} | filled)


def fill_in(camille: Applicant) -> None:
    camille.has_no_card()
    camille.says_who_they_are()
    camille.chooses("community:onco-centre")


@pytest.fixture
def sent(camille, enrollment) -> EnrollmentRequest:
    begin(camille)
    fill_in(camille)
    assert camille.finishes().path == "/request/sent"
    with enrollment.services.database.transaction() as session:
        return session.scalars(select(EnrollmentRequest)).one()


def accept(decisions: Decisions, enrollment, request: EnrollmentRequest, by: Operator) -> RequestState:
    with enrollment.services.database.transaction() as session:
        version = session.get_one(EnrollmentRequest, request.id).version
        parts = list(session.scalars(select(RequestPart.id).where(RequestPart.request_id == request.id)))
    decision = Decision(version=version, parts=dict.fromkeys(parts, Accept()))
    return decisions.decide(request.id, decision, operator=by, offer=read_offer(OFFER)).state


def test_the_request_joins_the_queue_without_a_link_and_no_letter_leaves(sent, enrollment):
    assert (sent.kind, sent.state, sent.email_verified_at) == (RequestKind.IN_PERSON, RequestState.PENDING, None)
    assert enrollment.letters() == []
    assert enrollment.trail()[:2] == ["request.begun-in-person", "request.sent"]


def test_the_history_keeps_who_filled_it_in_and_the_kind_of_document(sent, enrollment):
    with enrollment.services.database.transaction() as session:
        line = session.scalars(select(RequestEvent).where(RequestEvent.kind == "enrolled")).one()
        assert (line.actor, line.detail) == ("sub-of-camille", {"by": "Camille", "document": "passport"})
        assert enrolled_by(session, sent.id) == "sub-of-camille"


def test_the_history_on_the_page_says_which_document_was_seen(sent, enrollment, signed_in):
    page = signed_in("administrator", name="paul").visits(f"{enrollment.address}/office/requests/{sent.reference}")
    assert "Remplie au guichet : Passeport" in page.text.replace("\u202f", " ")


def test_there_is_no_anti_bot_and_the_address_is_read_again_with_the_person(camille):
    begin(camille)
    fill_in(camille)
    assert "Relisez l’adresse" in camille.page.text.replace("'", "’")
    assert "altcha" not in camille.page.html


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"document": ""}, "Choisissez la pièce"),
        ({"document": "12AB34567"}, "Choisissez la pièce"),
        ({"conditions": ""}, "La personne doit accepter"),
    ],
)
def test_the_document_and_the_conditions_are_said_before_anything_begins(camille, enrollment, filled, said):
    page = begin(camille, **filled)
    assert page.status == 422
    assert said in page.text
    with enrollment.services.database.transaction() as session:
        assert session.scalars(select(EnrollmentRequest)).all() == []


def test_only_the_operator_who_began_it_sends_it(camille, enrollment, signed_in):
    begin(camille)
    fill_in(camille)
    jar = camille.browser.cookies["127.0.0.1"]
    form = camille.visits("/request/check").form_of("Terminer mon inscription")
    session = jar.pop(SESSION)
    answer = camille.browser.asks(f"{enrollment.address}/request/check", posting=form.fields)
    assert answer.headers["Location"] == "/sign-in?then=%2Frequest%2Fcheck"
    jar[SESSION] = signed_in("approver", name="paul").cookies["127.0.0.1"][SESSION]
    assert camille.visits("/request/check").status == 404
    assert camille.browser.asks(f"{enrollment.address}/request/check", posting=form.fields).status_code == 404
    with enrollment.services.database.transaction() as found:
        assert found.scalars(select(EnrollmentRequest.state)).one() == RequestState.DRAFT
    jar[SESSION] = session
    camille.visits("/request/check")
    assert camille.finishes().path == "/request/sent"


def test_who_filled_it_in_is_never_its_only_approver(sent, enrollment):
    decisions = enrollment.services.decisions
    assert accept(decisions, enrollment, sent, operator("camille")) is RequestState.PENDING
    assert accept(decisions, enrollment, sent, operator("camille")) is RequestState.PENDING
    assert accept(decisions, enrollment, sent, operator("paul")) is RequestState.DECIDED


def test_another_operator_alone_is_enough(sent, enrollment):
    assert accept(enrollment.services.decisions, enrollment, sent, operator("paul")) is RequestState.DECIDED


@pytest.mark.parametrize(("approvers", "state"), [(1, RequestState.DECIDED), (2, RequestState.PENDING)])
def test_a_region_may_let_them_decide_where_a_rule_asks_for_one(sent, enrollment, approvers, state):
    services = enrollment.services
    decisions = Decisions(
        settings=replace(services.settings, operator_may_decide=True),
        database=services.database,
        audit=services.audit,
        letters=services.letters,
        outbox=services.outbox,
        rules=services.rules,
        voters=services.voters,
    )
    with services.database.transaction() as session:
        for kind in ("account", "community"):
            services.rules.set(session, kind, "", approvers=approvers)
    assert accept(decisions, enrollment, sent, operator("camille")) is state


def test_operators_find_it_whatever_became_of_it(sent, enrollment):
    accept(enrollment.services.decisions, enrollment, sent, operator("paul"))
    found = Queue(enrollment.services.database).page(Filters(state=QueueState.ALL), now=sent.created_at).lines
    assert [line.request.reference for line in found] == [sent.reference]
