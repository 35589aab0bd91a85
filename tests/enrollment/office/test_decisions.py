"""Operators decide on the parts of a request (enrollment/office/decisions.py)."""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from enrollment.offer import Offer, read_offer
from enrollment.office.decision import Accept, Decision, DecisionRefused, Refuse
from enrollment.office.decisions import Decisions
from enrollment.office.operators import HeldRole, Operator, Role
from enrollment.office.refusals import RefusalCode
from enrollment.office.rules import Rules
from enrollment.requests.models import EnrollmentRequest, MoreAsked, OutboxEntry, RequestEvent, RequestPart
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartDecision, PartKind
from tests.actors.enrollment import Enrollment
from tests.builders.enrollment import a_part, a_request
from tests.enrollment.test_idp_client import OFFER

LONG_AGO = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FAR_AHEAD = datetime(2099, 12, 31, 23, 0, tzinfo=UTC)


def operator(name: str, *roles: HeldRole) -> Operator:
    return Operator(
        subject=f"sub-of-{name}", name=name.title(), username=name, email=f"{name}@exemple.test", roles=frozenset(roles)
    )


CAMILLE = operator("camille", HeldRole(role=Role.APPROVER))
HUGO = operator("hugo", HeldRole(role=Role.APPROVER, scope="community:onco-centre"))
ODILE = operator("odile", HeldRole(role=Role.ADMINISTRATOR))
AUDITOR = operator("aude", HeldRole(role=Role.AUDITOR))


@pytest.fixture
def offer() -> Offer:
    return read_offer(OFFER)


@pytest.fixture
def decisions(enrollment: Enrollment) -> Decisions:
    services = enrollment.services
    return Decisions(
        settings=services.settings,
        database=services.database,
        audit=services.audit,
        letters=services.letters,
        outbox=services.outbox,
        rules=Rules(services.settings),
        voters=services.voters,
    )


class Case:
    """A request in the queue, with the account, Onco Centre and the DCC asked for."""

    def __init__(self, enrollment: Enrollment, decisions: Decisions, offer: Offer, **named: Any) -> None:
        self._enrollment = enrollment
        self._decisions = decisions
        self._offer = offer
        parts = [
            a_part(PartKind.ACCOUNT),
            a_part(PartKind.COMMUNITY, "onco-centre"),
            a_part(PartKind.APPLICATION, "dcc"),
        ]
        with enrollment.services.database.transaction() as session:
            self.id = a_request(session, RequestState.PENDING, parts=parts, **named).id
            self.parts = {part.name or "account": part.id for part in parts}

    def read(self) -> EnrollmentRequest:
        with self._enrollment.services.database.transaction() as session:
            request = session.get_one(EnrollmentRequest, self.id)
            session.expunge(request)
            return request

    def rows(self, table: type[Any]) -> list[Any]:
        with self._enrollment.services.database.transaction() as session:
            found = list(session.scalars(select(table).where(table.request_id == self.id)))
            session.expunge_all()
            return found

    def decision_of(self, name: str) -> str:
        return next(part.decision for part in self.rows(RequestPart) if part.id == self.parts[name])

    def decide(
        self,
        by: Operator,
        ask_for: Iterable[str] = (),
        words: str = "",
        version: int | None = None,
        *,
        rehearsed: bool = False,
        **parts: Any,
    ) -> Any:
        decide = self._decisions.rehearse if rehearsed else self._decisions.decide
        chosen = {self.parts[name.replace("_", "-")]: choice for name, choice in parts.items()}
        decision = Decision(
            version=self.read().version if version is None else version,
            parts=chosen,
            ask_for=tuple(ask_for),
            words=words,
        )
        return decide(self.id, decision, operator=by, offer=self._offer)


@pytest.fixture
def case(enrollment: Enrollment, decisions: Decisions, offer: Offer) -> Case:
    return Case(enrollment, decisions, offer)


@contextmanager
def refused_for(code: str) -> Iterator[None]:
    """The decision is refused for this reason."""
    with pytest.raises(DecisionRefused) as refused:
        yield
    assert refused.value.code == code


REFUSED = Refuse(code=RefusalCode.NO_NEED, words="Le motif ne correspond pas.")


def test_a_rehearsal_says_what_a_decision_would_deliver_and_writes_nothing(case, enrollment):
    accepted = {"account": Accept(), "onco_centre": Accept(), "dcc": REFUSED}
    rehearsed = case.decide(CAMILLE, rehearsed=True, **accepted)
    assert (case.rows(OutboxEntry), case.rows(RequestEvent), enrollment.trail()) == ([], [], [])
    assert case.decision_of("account") == PartDecision.OPEN
    assert case.decide(CAMILLE, **accepted) == rehearsed
    [entry] = case.rows(OutboxEntry)
    assert entry.body == rehearsed.provisioning


def test_accepting_everything_decides_the_request_and_queues_one_delivery(case, enrollment):
    decided = case.decide(
        CAMILLE, account=Accept(), onco_centre=Accept(), dcc=Accept(role="doctor"), words="Bienvenue."
    )
    assert decided.state is RequestState.DECIDED
    [entry] = case.rows(OutboxEntry)
    assert entry.body["operator"] == CAMILLE.subject
    assert [each["client_id"] for each in entry.body["entitlements"]] == ["dcc"]
    assert [each["name"] for each in entry.body["communities"]] == ["onco-centre"]
    assert entry.body["words"] == "Bienvenue."
    assert case.read().closed_at is None  # until it is delivered
    assert enrollment.trail() == ["part.decided"] * 3
    assert enrollment.letters() == []  # that of an acceptance is the identity provider's


def test_a_part_accepted_before_the_account_waits_for_it(case):
    case.decide(HUGO, onco_centre=Accept())
    assert case.rows(OutboxEntry) == []
    case.decide(CAMILLE, account=Accept())
    _account, community = sorted(case.rows(OutboxEntry), key=lambda entry: entry.sequence)
    assert [each["name"] for each in community.body["communities"]] == ["onco-centre"]
    assert case.read().state == RequestState.PENDING  # the DCC is still to be decided
    case.decide(CAMILLE, dcc=Accept())
    _, _, application = sorted(case.rows(OutboxEntry), key=lambda entry: entry.sequence)
    assert application.body["communities"] == []
    assert [each["client_id"] for each in application.body["entitlements"]] == ["dcc"]


def test_refusing_the_account_refuses_everything_and_closes_the_request(case, enrollment):
    case.decide(CAMILLE, account=REFUSED, words="Appelez-nous.")
    assert {part.decision for part in case.rows(RequestPart)} == {PartDecision.REFUSED}
    request = case.read()
    assert (request.state, request.closed_at is not None) == (RequestState.DECIDED, True)
    assert case.rows(OutboxEntry) == []
    [letter] = enrollment.letters()
    text = letter.get_content()
    assert letter["X-Letter-Kind"] == "request-refused"
    assert "Le motif ne correspond pas." in text
    assert "Appelez-nous." in text
    assert f"{enrollment.address}/status/" in text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_letter_names_what_is_refused_for_each_reason(enrollment, decisions, offer, language):
    case = Case(enrollment, decisions, offer, language=language)
    other = Refuse(code=RefusalCode.NOT_ELIGIBLE, words="Réservé à d'autres.")
    rehearsed = case.decide(CAMILLE, rehearsed=True, onco_centre=other, dcc=REFUSED)
    case.decide(CAMILLE, onco_centre=other, dcc=REFUSED)
    [letter] = enrollment.letters()
    text = letter.get_content().replace("\r\n", "\n").replace("\u202f", " ")
    refused = "Refused:" if language == "en" else "Refusé :"
    assert f"{refused} Onco Centre\nRéservé à d'autres.\n" in text
    assert re.search(rf"{refused} .*DCC.*\nLe motif ne correspond pas\.\n", text)
    [shown] = rehearsed.letters
    assert shown.body.replace("\u202f", " ") == re.sub(r"/status/\S+", "/status/…", text)


def test_what_is_refused_with_the_account_is_named_with_it(case, enrollment):
    case.decide(CAMILLE, account=REFUSED)
    [letter] = enrollment.letters()
    names, reason = re.search(r"Refusé.: (.*)\r\n(.*)\r\n", letter.get_content()).groups()
    assert names.split(", ")[0] == "votre compte"
    assert len(names.split(", ")) == 3
    assert reason == "Le motif ne correspond pas."


def test_a_refusal_in_part_is_told_and_the_rest_is_delivered(case, enrollment):
    case.decide(CAMILLE, account=Accept(), onco_centre=Accept(), dcc=REFUSED)
    [entry] = case.rows(OutboxEntry)
    assert entry.body["entitlements"] == []
    assert [letter["X-Letter-Kind"] for letter in enrollment.letters()] == ["request-refused"]


def test_a_rule_with_two_approvers_waits_for_the_second(case, enrollment, decisions):
    with enrollment.services.database.transaction() as session:
        Rules(enrollment.settings).set(session, PartKind.COMMUNITY, "onco-centre", approvers=2)
    first = case.decide(HUGO, onco_centre=Accept())
    onco_centre = case.parts["onco-centre"]
    assert first.waiting == (onco_centre,)
    assert case.decide(HUGO, onco_centre=Accept()).waiting == (onco_centre,)  # the same person counts once
    assert case.decision_of("onco-centre") == PartDecision.OPEN
    assert case.decide(CAMILLE, onco_centre=Accept()).waiting == ()
    assert case.decision_of("onco-centre") == PartDecision.ACCEPTED


def test_a_rule_without_approvers_approves_nobody(case, enrollment):
    with enrollment.services.database.transaction() as session:
        Rules(enrollment.settings).set(session, PartKind.APPLICATION, "", approvers=0)
    with refused_for("decision.nobody-approves"):
        case.decide(ODILE, dcc=Accept())
    case.decide(ODILE, dcc=REFUSED)
    assert case.decision_of("dcc") == PartDecision.REFUSED


def test_asking_for_more_opens_the_named_fields_until_a_day(case, enrollment):
    case.decide(CAMILLE, ask_for=["telephone", f"reason:{case.parts['dcc']}"], words="Quel service ?")
    [asked] = case.rows(MoreAsked)
    assert asked.fields == ["telephone", f"reason:{case.parts['dcc']}"]
    assert asked.answer_by - asked.asked_at == enrollment.settings.more_asked_lifetime
    assert case.read().state == RequestState.MORE_ASKED
    [letter] = enrollment.letters()
    assert letter["X-Letter-Kind"] == "more-asked"
    assert "Quel service ?" in letter.get_content()
    with refused_for("decision.already-asked"):
        case.decide(CAMILLE, ask_for=["town"], words="Et la ville ?")


@pytest.mark.parametrize(
    ("by", "choices", "code"),
    [
        (AUDITOR, {"account": Accept()}, "decision.not-permitted"),
        (operator("nobody"), {"account": Accept()}, "decision.not-permitted"),
        (HUGO, {"dcc": Accept()}, "decision.not-yours"),
        (HUGO, {"onco_centre": Accept(), "dcc": Accept()}, "decision.not-yours"),
        (CAMILLE, {}, "decision.empty"),
        (CAMILLE, {"dcc": Accept(role="surgeon")}, "decision.role-unknown"),
        (CAMILLE, {"onco_centre": Accept(role="x" * 4_000)}, "decision.role-unknown"),
        (CAMILLE, {"account": Accept(role="chief")}, "decision.role-unknown"),
        (CAMILLE, {"dcc": Accept(ends_at=LONG_AGO)}, "decision.ends-before"),
        (CAMILLE, {"dcc": Accept(), "onco_centre": REFUSED}, "decision.community-refused"),
        (CAMILLE, {"dcc": Refuse(code=RefusalCode.OTHER, words="x" * 2_001)}, "field.too-long"),
    ],
)
def test_what_is_not_allowed_changes_nothing(case, enrollment, by, choices, code):
    with refused_for(code):
        case.decide(by, **choices)
    assert {part.decision for part in case.rows(RequestPart)} == {PartDecision.OPEN}
    assert case.rows(RequestEvent) == []
    assert enrollment.trail() == []


@pytest.mark.parametrize(
    ("ask_for", "words", "code"),
    [
        (["telephone"], "  ", "decision.words-missing"),
        (["state"], "Bonjour", "decision.field-unknown"),
        (["email"], "Bonjour", "decision.field-unknown"),
        (["reason:unknown"], "Bonjour", "decision.field-unknown"),
    ],
)
def test_only_the_fields_of_the_person_can_be_asked_for(case, ask_for, words, code):
    with refused_for(code):
        case.decide(CAMILLE, ask_for=ask_for, words=words)


@pytest.mark.parametrize("named", [{"email": "Camille@exemple.test"}, {"account_subject": CAMILLE.subject}])
def test_nobody_decides_on_their_own_request(enrollment, decisions, offer, named):
    own = Case(enrollment, decisions, offer, **named)
    with refused_for("decision.own-request"):
        own.decide(CAMILLE, account=Accept())


def test_the_dcc_is_closed_to_a_hidden_person(enrollment, decisions, offer):
    hidden = Case(enrollment, decisions, offer, confidentiality="hidden")
    with refused_for("decision.level-closed"):
        hidden.decide(CAMILLE, dcc=Accept())


def test_of_two_operators_at_once_one_wins_and_the_other_is_told(case):
    version = case.read().version

    def tries(by: Operator) -> str:
        try:
            case.decide(by, account=Accept(), version=version)
        except DecisionRefused as refused:
            return refused.code
        return "won"

    with ThreadPoolExecutor(4) as at_once:
        outcomes = sorted(at_once.map(tries, [CAMILLE, ODILE, CAMILLE, ODILE]))
    assert outcomes == ["decision.changed-meanwhile"] * 3 + ["won"]
    assert len(case.rows(OutboxEntry)) == 1


def test_a_request_that_is_not_in_the_queue_is_not_decided(enrollment, decisions, offer):
    case = Case(enrollment, decisions, offer)
    case.decide(CAMILLE, account=REFUSED)
    with refused_for("decision.not-in-queue"):
        case.decide(CAMILLE, account=Accept())


def test_a_role_that_this_version_does_not_know_gives_no_right():
    from enrollment.sign_in.person import SignedInPerson

    claims = {"sub": "s", "sid": "i", "operator_roles": ["root", "approver:community:onco-centre", "auditor"]}
    found = Operator.of(SignedInPerson.of_claims(claims))
    assert found.roles == {HeldRole(role=Role.APPROVER, scope="community:onco-centre"), HeldRole(role=Role.AUDITOR)}
    assert not found.answers_for(PartKind.APPLICATION, "dcc")
    assert found.answers_for(PartKind.ACCOUNT, "")
