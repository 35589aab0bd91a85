"""Prevents: an operator whose vote opens access for themselves, by another mailbox or another account of theirs;
and one person who votes by two accounts."""

from datetime import UTC, datetime

import pytest

from enrollment.invitations.invitations import Inviter
from enrollment.invitations.invitees_file import Invitee
from enrollment.office.decision import DecisionRefused
from enrollment.office.handling import Handling
from enrollment.office.rules import Rules
from enrollment.requests.models import EnrollmentRequest, PartVote
from enrollment.requests.requests import parts_of
from enrollment.requests.vocabulary import PartKind
from idp.accounts.operator_roles import HeldRole, OperatorRoleName
from tests.builders.operators import OPERATOR
from tests.enrollment.delivery.test_from_decision_to_login import HUGO, accept, camille, pending
from tests.fixtures.region import CAMILLE

__all__ = ["camille"]


@pytest.fixture
def hugo(region):
    """Another approver of everything."""
    return region.operator_in_enrollment(region.operator(HUGO, HeldRole(OperatorRoleName.APPROVER)))


@pytest.fixture
def two_approvers(region):
    with region.enrollment.services.database.transaction() as session:
        for kind in PartKind:
            Rules(region.enrollment.settings).set(session, kind, "", approvers=2)


def voters(region, request):
    """Who has accepted the parts of a request."""
    with region.enrollment.services.database.transaction() as session:
        ids = [part.id for part in parts_of(session, request)]
        return {vote.operator_name for vote in session.query(PartVote) if vote.part_id in ids}


@pytest.mark.parametrize("email", ["camille.ferrand@exemple.test", "Camille.Ferrand+moi@exemple.test"])
def test_an_operator_decides_on_no_request_of_their_own_mailbox(region, camille, email):
    assert camille.email == "camille.ferrand@exemple.test"
    with pytest.raises(DecisionRefused, match="own-request"):
        accept(region, pending(region, email=email), camille)


def test_who_invites_another_mailbox_of_theirs_has_no_vote(region, camille, hugo, two_approvers):
    services, mailbox = region.enrollment.services, "camille.ferrand+moi@exemple.test"
    inviter = Inviter(subject=camille.subject, name=camille.name, actor=OPERATOR, answers_for=camille.answers_for)
    invitee = Invitee(email=mailbox, communities=("onco-centre",))
    [invitation] = services.invitations.invite([invitee], inviter=inviter, offer=services.offers.current())
    request = pending(region, email=mailbox)
    with services.database.transaction() as session:
        services.invitations.use(session, invitation, parts_of(session, request), now=datetime.now(UTC))
    assert voters(region, request) == {camille.name}
    accept(region, request, hugo, only=(PartKind.ACCOUNT, PartKind.COMMUNITY))
    assert voters(region, request) == {hugo.name}
    assert services.outbox.of_request(request) == []


def test_one_person_with_two_accounts_is_not_two_approvers(region, camille, hugo, two_approvers):
    """One account logs in by password and the other by card; each holds the role."""
    services, request = region.enrollment.services, pending(region)
    accept(region, request, camille, only=(PartKind.ACCOUNT,))
    region.idp.services.account_service.change(HUGO.login, {"email": camille.email}, actor=OPERATOR)
    accept(region, request, hugo, only=(PartKind.ACCOUNT,))
    assert voters(region, request) == {hugo.name}
    assert services.outbox.of_request(request) == []


def is_said_to_be_of_camille(region, request, by):
    services = region.enrollment.services
    with services.database.transaction() as session:
        version = session.get_one(EnrollmentRequest, request).version
    handle = region.idp.services.accounts.by_username(CAMILLE.login).account_id
    handling = Handling(services.database, services.audit)
    handling.recognise(request, version, by, handle=handle, username=CAMILLE.login)


def test_whose_account_it_is_said_to_be_decides_nothing(region, camille, hugo):
    request = pending(region)
    is_said_to_be_of_camille(region, request, by=hugo)
    with pytest.raises(DecisionRefused, match="own-request"):
        accept(region, request, camille)
    assert voters(region, request) == set()
    assert region.enrollment.services.outbox.of_request(request) == []


def test_whose_account_it_is_said_to_be_after_a_vote_has_no_vote(region, camille, hugo, two_approvers):
    request = pending(region)
    accept(region, request, camille, only=(PartKind.ACCOUNT,))
    is_said_to_be_of_camille(region, request, by=hugo)
    accept(region, request, hugo, only=(PartKind.ACCOUNT,))
    assert voters(region, request) == {hugo.name}
    assert region.enrollment.services.outbox.of_request(request) == []
