"""Prevents: access that two operators must accept, obtained with the word of one of them for something else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from config.audit.trail import AuditEvent
from enrollment.office.decision import Accept, DecisionEvent
from enrollment.office.handling import Handling
from enrollment.office.rules import Rules
from enrollment.requests.models import OutboxEntry, PartVote, RequestEvent, RequestPart
from enrollment.requests.vocabulary import PartDecision, PartKind
from tests.actors.applicant import Applicant
from tests.actors.server import Said
from tests.enrollment.applicant.test_check import the_link
from tests.enrollment.office.conftest import changed_enrollment_settings, matches, offered, provider, revoked
from tests.enrollment.office.test_decisions import (
    CAMILLE,
    FAR_AHEAD,
    HUGO,
    LONG_AGO,
    ODILE,
    REFUSED,
    Case,
    case,
    decisions,
    offer,
    refused_for,
)

__all__ = ["case", "changed_enrollment_settings", "decisions", "matches", "offer", "offered", "provider", "revoked"]


@pytest.fixture
def two_approvers(enrollment):
    with enrollment.services.database.transaction() as session:
        for kind in (PartKind.ACCOUNT, PartKind.COMMUNITY, PartKind.APPLICATION):
            Rules(enrollment.settings).set(session, kind, "", approvers=2)


@pytest.mark.parametrize(
    "other",
    [Accept(ends_at=FAR_AHEAD + timedelta(days=900)), Accept(starts_at=LONG_AGO)],
    ids=["another end", "a beginning"],
)
def test_a_second_operator_who_changes_the_terms_is_the_first_to_accept_them(case, two_approvers, other):
    """The first operator has accepted a reader until next month, and not a doctor for ever."""
    terms = Accept(ends_at=FAR_AHEAD)
    case.decide(CAMILLE, onco_centre=terms)
    assert case.decide(ODILE, onco_centre=other).waiting == (case.parts["onco-centre"],)
    assert case.decision_of("onco-centre") == PartDecision.OPEN
    assert case.decide(CAMILLE, onco_centre=other).waiting == ()
    assert case.decision_of("onco-centre") == PartDecision.ACCEPTED


def test_the_same_operator_changes_their_mind_and_counts_once(case, two_approvers):
    for terms in (Accept(), Accept(ends_at=FAR_AHEAD), Accept()):
        assert case.decide(CAMILLE, onco_centre=terms).waiting == (case.parts["onco-centre"],)


def test_a_role_that_was_revoked_since_has_no_vote(case, two_approvers, revoked):
    case.decide(HUGO, onco_centre=Accept())
    revoked.add(HUGO.subject)
    assert case.decide(ODILE, rehearsed=True, onco_centre=Accept()).waiting == (case.parts["onco-centre"],)
    assert case.decide(ODILE, onco_centre=Accept()).waiting == (case.parts["onco-centre"],)
    assert case.decision_of("onco-centre") == PartDecision.OPEN
    [dropped] = [event for event in case.rows(RequestEvent) if event.kind == DecisionEvent.VOTE_DROPPED]
    assert (dropped.detail["voter"], dropped.detail["name"]) == ("Hugo", "onco-centre")
    assert case.decide(CAMILLE, onco_centre=Accept()).waiting == ()


def test_what_was_accepted_is_decided_again_when_a_role_is_revoked_before_it_is_delivered(case, revoked):
    """A community waits for its account: the identity provider would refuse it in the name of this operator."""
    case.decide(HUGO, onco_centre=Accept())
    revoked.add(HUGO.subject)
    decided = case.decide(CAMILLE, account=Accept())
    assert (decided.waiting, decided.reopened) == ((), (case.parts["onco-centre"],))
    [entry] = case.rows(OutboxEntry)
    assert entry.body["communities"] == []
    revoked.add(CAMILLE.subject)  # what was handed to delivery was final
    case.decide(ODILE, onco_centre=Accept(), dcc=Accept())
    assert {case.decision_of(name) for name in case.parts} == {PartDecision.ACCEPTED}


def test_nothing_is_completed_while_nobody_says_who_still_holds_a_role(case, two_approvers, provider):
    case.decide(HUGO, onco_centre=Accept())
    provider.says = lambda _: Said(status=503)
    with refused_for("decision.voters-unknown"):
        case.decide(ODILE, onco_centre=Accept())
    assert case.decide(ODILE, dcc=REFUSED).waiting == ()  # a refusal needs no vote but its own


def test_an_answer_of_the_person_is_read_by_both(case, two_approvers, enrollment):
    """The request that the first operator has accepted is another one once the person has changed it."""
    case.decide(CAMILLE, account=Accept())
    case.decide(ODILE, ask_for=["family_name"], words="Votre nom ?")
    eloise = Applicant(enrollment.a_browser(), enrollment.address)
    eloise.browser.visits(the_link(enrollment.letters()[-1]))
    eloise.sends("family_name", family_name="Martin")
    assert case.read().family_name == "Martin"
    assert case.decide(ODILE, account=Accept()).waiting == (case.parts["account"],)
    assert case.decision_of("account") == PartDecision.OPEN


def test_the_account_that_a_request_is_said_to_be_of_is_accepted_by_both(case, two_approvers, enrollment):
    """Access that was accepted for a new account is not thereby accepted for the account of another person."""
    case.decide(CAMILLE, account=Accept())
    handling = Handling(enrollment.services.database, enrollment.services.audit)
    handling.recognise(case.id, case.read().version, ODILE, handle="another", username="another")
    assert case.decide(ODILE, account=Accept()).waiting == (case.parts["account"],)
    assert case.rows(OutboxEntry) == []


def test_what_waits_for_the_account_is_accepted_again_once_the_person_is_another(case, enrollment):
    """A community that was accepted for one name is not delivered to another, which the person gives in an answer."""
    case.decide(HUGO, onco_centre=Accept(), ask_for=["family_name"], words="Votre nom ?")
    assert case.decision_of("onco-centre") == PartDecision.ACCEPTED
    eloise = Applicant(enrollment.a_browser(), enrollment.address)
    eloise.browser.visits(the_link(enrollment.letters()[-1]))
    eloise.sends("family_name", family_name="Martin")
    assert case.decision_of("onco-centre") == PartDecision.OPEN
    case.decide(CAMILLE, account=Accept())
    [entry] = case.rows(OutboxEntry)
    assert entry.body["communities"] == []


def test_what_waits_for_the_account_is_accepted_again_once_the_account_is_another(case, enrollment):
    case.decide(HUGO, onco_centre=Accept())
    handling = Handling(enrollment.services.database, enrollment.services.audit)
    handling.recognise(case.id, case.read().version, CAMILLE, handle="another", username="another")
    assert case.decision_of("onco-centre") == PartDecision.OPEN
    case.decide(CAMILLE, account=Accept())
    [entry] = case.rows(OutboxEntry)
    assert entry.body["communities"] == []


def test_an_application_is_not_accepted_before_the_community_that_it_needs(case):
    with refused_for("decision.community-first"):
        case.decide(CAMILLE, account=Accept(), dcc=Accept())
    case.decide(CAMILLE, account=Accept(), onco_centre=Accept())
    case.decide(CAMILLE, dcc=Accept())
    assert case.decision_of("dcc") == PartDecision.ACCEPTED


def test_a_community_that_one_of_two_has_accepted_is_not_accepted(case, enrollment):
    with enrollment.services.database.transaction() as session:
        Rules(enrollment.settings).set(session, PartKind.COMMUNITY, "onco-centre", approvers=2)
    with refused_for("decision.community-first"):
        case.decide(CAMILLE, account=Accept(), onco_centre=Accept(), dcc=Accept())
    case.decide(HUGO, onco_centre=Accept())
    case.decide(CAMILLE, account=Accept(), onco_centre=Accept(), dcc=Accept())
    assert case.decision_of("dcc") == PartDecision.ACCEPTED


def test_a_community_that_was_not_asked_for_is_not_passed_over(enrollment, decisions, offer):
    """A request is sent under the rules of that day; the registration of the application may ask for more since."""
    case = Case(enrollment, decisions, offer)
    with enrollment.services.database.transaction() as session:
        session.delete(session.get_one(RequestPart, case.parts["onco-centre"]))
    with refused_for("decision.community-missing"):
        case.decide(CAMILLE, account=Accept(), dcc=Accept())


def test_each_part_is_delivered_in_the_name_of_the_operator_who_answers_for_it(case):
    """The one who accepts last may have no right to what another one has accepted."""
    case.decide(HUGO, onco_centre=Accept())
    case.decide(CAMILLE, account=Accept(), dcc=REFUSED, words="Bienvenue.")
    account, community = sorted(case.rows(OutboxEntry), key=lambda entry: entry.sequence)
    assert (account.body["operator"], account.body["communities"]) == (CAMILLE.subject, [])
    assert (community.body["operator"], community.body["communities"][0]["name"]) == (HUGO.subject, "onco-centre")
    assert (account.body["words"], community.body["words"]) == ("Bienvenue.", "")


def test_the_trail_has_each_of_the_operators(case, two_approvers, enrollment):
    """The trail is sealed; the votes and the history of a request are not."""
    handling = Handling(enrollment.services.database, enrollment.services.audit)
    handling.recognise(case.id, case.read().version, HUGO, handle="another", username="another")
    for operator in (CAMILLE, ODILE):
        case.decide(operator, account=Accept())
    with enrollment.services.database.reading() as connection:
        lines = connection.execute(select(AuditEvent.kind, AuditEvent.actor).order_by(AuditEvent.id)).all()
    assert [tuple(line) for line in lines] == [
        ("request.account-recognised", "operator:hugo"),
        ("part.voted", "operator:camille"),
        ("part.decided", "operator:odile"),
    ]


def test_what_was_accepted_keeps_its_votes(case, enrollment):
    case.decide(CAMILLE, account=Accept(), onco_centre=Accept())
    handling = Handling(enrollment.services.database, enrollment.services.audit)
    handling.recognise(case.id, case.read().version, ODILE, handle="another", username="another")
    with enrollment.services.database.transaction() as session:
        assert len(session.scalars(select(PartVote)).all()) == 2
