"""A request that operators accept becomes an account, its access, its letter and a first login: both services."""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine

from enrollment.delivery.outbox import DeliveryState
from enrollment.idp_refusals import IdpRefusal
from enrollment.office.decision import Accept, Decision
from enrollment.office.operators import Operator
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartKind, RequestKind
from idp.accounts.operator_roles import HeldRole, OperatorRoleName, application_scope, community_scope
from tests.actors.browser import Professional
from tests.builders.enrollment import a_part, a_request
from tests.builders.operators import OPERATOR
from tests.fixtures.region import CAMILLE, Region

HUGO = Professional("hlemaire", "Verger-Calme-41", "Hugo", "Lemaire")
CHOSEN = "Coquelicot-Vif-53!"


@pytest.fixture
def camille(region: Region) -> Operator:
    """An approver of everything, who has signed in to enrollment."""
    return region.operator_in_enrollment(region.operator(CAMILLE, HeldRole(OperatorRoleName.APPROVER)))


def wanted_parts() -> list[RequestPart]:
    return [
        a_part(PartKind.ACCOUNT),
        a_part(PartKind.COMMUNITY, "onco-centre", reason="Je suis des patients en cancérologie."),
        a_part(PartKind.APPLICATION, "dcc", reason="Je présente mes patientes en réunion."),
    ]


def pending(region: Region, parts: list[RequestPart] | None = None, **named: Any) -> str:
    """A request that waits for a decision; its identifier."""
    with region.enrollment.services.database.transaction() as session:
        return a_request(session, parts=wanted_parts() if parts is None else parts, **named).id


def accept(region: Region, request_id: str, operator: Operator, *, only: tuple[str, ...] = (), words: str = "") -> None:
    """Accept the parts of these kinds, or all of them."""
    services = region.enrollment.services
    with services.database.transaction() as session:
        parts = session.query(RequestPart).filter_by(request_id=request_id, decision="open")
        chosen = {part.id: Accept() for part in parts if not only or part.kind in only}
        version = session.get_one(EnrollmentRequest, request_id).version
    decision = Decision(version=version, parts=chosen, words=words)
    services.decisions.decide(request_id, decision, operator=operator, offer=services.offers.current())


def deliver(region: Region, request_id: str) -> list[DeliveryState]:
    """Run the deliveries that are due, and say where those of the request are."""
    region.enrollment.services.deliveries.run_due()
    return [each.state for each in region.enrollment.services.outbox.of_request(request_id)]


def link_of(letter: EmailMessage) -> str:
    return re.search(r"http://\S+/password/choose/\S+", letter.get_content())[0]


def test_an_accepted_request_becomes_an_account_with_its_access_and_one_letter(region, camille):
    request = pending(region, target_application="dcc")
    accept(region, request, camille, words="Bienvenue au réseau.")
    assert deliver(region, request) == [DeliveryState.DELIVERED]

    account = region.idp.services.accounts.by_username("edaubrac")
    assert (account.display_name, account.email) == ("Éloïse d’Aubrac", "eloise.daubrac@exemple.test")
    assert account.email_verified  # enrollment has verified it, so a first login by card needs no link
    assert (set(account.memberships), set(account.entitlements)) == ({"onco-centre"}, {"dcc"})
    assert account.memberships["onco-centre"].granted_by == "operator:cferrand"
    [letter] = region.idp.letters()
    assert letter["To"] == "eloise.daubrac@exemple.test"
    assert "Bienvenue au réseau." in letter.get_content()

    [delivery] = region.enrollment.services.outbox.of_request(request)
    assert delivery.result == {
        "username": "edaubrac",
        "account": account.account_id,
        "letter": letter["Message-ID"],
    }


def test_the_link_of_the_letter_sets_the_password_of_the_first_login(region, camille):
    request = pending(region, target_application="dcc")
    accept(region, request, camille)
    deliver(region, request)

    browser = region.a_browser()
    browser.visits(link_of(region.idp.letters()[0]))
    browser.submits(browser.page.form_with("new_password"), new_password=CHOSEN)
    browser.visits(f"{region.idp.issuer}/account")
    if browser.page.asks_for("login", "password"):
        browser.gives(Professional("edaubrac", CHOSEN, "Éloïse", "d’Aubrac"))
    assert "Éloïse d’Aubrac" in browser.page.text
    assert "Onco Centre" in browser.follows("Mes informations").text


def test_a_signed_in_person_is_given_more_access_to_the_account_they_have(region, camille, paul):
    parts = [a_part(PartKind.APPLICATION, "dcc", reason="Mes patients sont suivis en cancérologie.")]
    region.idp.services.account_service.join(paul.login, "onco-centre", actor=OPERATOR)
    subject = region.subject_of(paul)
    request = pending(region, parts, kind=RequestKind.MORE_ACCESS, account_subject=subject, rpps="")
    accept(region, request, camille)
    assert deliver(region, request) == [DeliveryState.DELIVERED]

    assert set(region.idp.services.accounts.by_username(paul.login).entitlements) == {"dcc"}
    assert region.idp.services.accounts.by_username("edaubrac") is None
    [letter] = region.idp.letters()
    assert letter["To"] == paul.email
    assert "/password/" not in letter.get_content()


def test_an_application_is_not_given_to_an_account_outside_the_community_that_it_needs(region, camille, paul):
    """Enrollment does not know the communities of an account that exists; the identity provider does."""
    parts = [a_part(PartKind.APPLICATION, "dcc", reason="Mes patients sont suivis en cancérologie.")]
    subject = region.subject_of(paul)
    request = pending(region, parts, kind=RequestKind.MORE_ACCESS, account_subject=subject, rpps="")
    accept(region, request, camille)
    assert deliver(region, request) == [DeliveryState.REFUSED]
    assert region.idp.services.accounts.by_username(paul.login).entitlements == {}
    [refused] = region.enrollment.services.outbox.undelivered()
    assert "dcc needs a membership of onco-centre" in refused.last_error
    assert refused.refusal is IdpRefusal.NEEDS_COMMUNITY


def test_each_operator_delivers_what_they_answer_for(region):
    """Of two operators who have accepted, neither needs the role of the other."""
    hugo = region.operator_in_enrollment(
        region.operator(HUGO, HeldRole(OperatorRoleName.APPROVER, community_scope("onco-centre")))
    )
    camille = region.operator_in_enrollment(
        region.operator(CAMILLE, HeldRole(OperatorRoleName.APPROVER, application_scope("dcc")))
    )
    request = pending(region)
    accept(region, request, hugo, only=(PartKind.COMMUNITY,))
    accept(region, request, camille)
    region.enrollment.services.deliveries.run_due()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10)):
        assert deliver(region, request) == [DeliveryState.DELIVERED] * 3
    account = region.idp.services.accounts.by_username("edaubrac")
    assert (set(account.memberships), set(account.entitlements)) == ({"onco-centre"}, {"dcc"})
    assert account.memberships["onco-centre"].granted_by == f"operator:{HUGO.login}"
    assert account.entitlements["dcc"].granted_by == f"operator:{CAMILLE.login}"


def test_a_part_that_is_accepted_later_goes_to_the_same_account(region, camille):
    request = pending(region)
    accept(region, request, camille, only=(PartKind.ACCOUNT,))
    assert deliver(region, request) == [DeliveryState.DELIVERED]
    accept(region, request, camille)
    assert deliver(region, request) == [DeliveryState.DELIVERED] * 2

    assert set(region.idp.services.accounts.by_username("edaubrac").entitlements) == {"dcc"}
    assert region.idp.services.accounts.by_username("edaubrac2") is None
    with region.enrollment.services.database.transaction() as session:
        found = session.get_one(EnrollmentRequest, request)
        assert (found.state, found.closed_at is not None) == (RequestState.DECIDED, True)


def test_an_operator_whose_role_was_revoked_meanwhile_delivers_nothing(region):
    """The identity provider asks its own tables, and does not believe the roles that enrollment was told of."""
    role = HeldRole(OperatorRoleName.APPROVER, application_scope("perinat"))
    hugo = region.operator_in_enrollment(region.operator(CAMILLE, role))
    request = pending(region, [a_part(PartKind.ACCOUNT), a_part(PartKind.APPLICATION, "perinat")])
    accept(region, request, hugo)
    region.idp.services.operators.revoke(CAMILLE.login, role, actor=OPERATOR)

    assert deliver(region, request) == [DeliveryState.REFUSED]
    assert region.idp.services.accounts.by_username("edaubrac") is None
    [refused] = region.enrollment.services.outbox.undelivered()
    assert refused.last_error

    region.idp.services.operators.grant(CAMILLE.login, role, actor=OPERATOR)
    region.enrollment.services.outbox.retry(refused.id)
    assert deliver(region, request) == [DeliveryState.DELIVERED]


def test_a_vote_whose_role_was_revoked_since_does_not_open_what_two_must_accept(region, camille):
    role = HeldRole(OperatorRoleName.APPROVER, community_scope("onco-centre"))
    hugo = region.operator_in_enrollment(region.operator(HUGO, role))
    services = region.enrollment.services
    with services.database.transaction() as session:
        services.rules.set(session, PartKind.COMMUNITY, "onco-centre", approvers=2)
    request = pending(region, wanted_parts()[:2])
    accept(region, request, hugo, only=(PartKind.COMMUNITY,))
    region.idp.services.operators.revoke(HUGO.login, role, actor=OPERATOR)
    accept(region, request, camille)

    assert deliver(region, request) == [DeliveryState.DELIVERED]
    assert region.idp.services.accounts.by_username("edaubrac").memberships == {}
    with services.database.transaction() as session:
        assert session.get_one(EnrollmentRequest, request).state == RequestState.PENDING


def test_a_secret_that_is_missing_is_put_in_its_place_without_a_new_decision(region, camille):
    request = pending(region)
    accept(region, request, camille)
    file = region.enrollment.settings.idp_secret_file
    secret = file.read_text(encoding="ascii")
    file.write_text("", encoding="ascii")
    assert deliver(region, request) == [DeliveryState.WAITING]
    file.write_text(secret, encoding="ascii")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10)):
        assert deliver(region, request) == [DeliveryState.DELIVERED]
