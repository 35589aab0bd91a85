"""`GET /api/offer`: what people may ask for."""

from enrollment.offer import Category, read_offer
from idp.accounts.communities import CommunityDescription
from idp.accounts.operator_roles import HeldRole, OperatorRoleName, application_scope, community_scope
from tests.builders.operators import OPERATOR

OMEDIT = CommunityDescription(name="omedit-centre", display_name_fr="OMÉDIT Centre", display_name_en="OMÉDIT Centre")


def test_enrollment_reads_the_communities_and_the_applications_with_their_rules(idp, caller, onco_centre):
    answer = caller.calls("GET", "/api/offer")

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    offer = read_offer(answer.json)
    [community] = offer.communities
    assert (community.display_name.in_language("en"), community.requestable) == ("Cancer network", True)
    dcc = offer.application("dcc")
    assert (dcc.category, dcc.requestable) == (Category.APPLICATION, True)
    assert (dcc.needs_communities, dcc.closed_to_levels) == (("onco-centre",), ("hidden",))
    assert [role.name for role in dcc.roles] == ["medecin", "secretaire"]
    assert dcc.logo.startswith(f"{idp.issuer}/logos/dcc/")


def test_the_pages_of_enrollment_may_show_the_logos(idp, caller):
    """Fetch 3.6: `same-origin` would keep the logo from pages of another origin."""
    logo = read_offer(caller.calls("GET", "/api/offer").json).application("dcc").logo
    answered = idp.app.test_client().get(logo.removeprefix(idp.issuer))
    assert answered.headers.getlist("Cross-Origin-Resource-Policy") == ["cross-origin"]


def test_it_is_sent_again_only_when_it_has_changed(idp, caller):
    etag = caller.calls("GET", "/api/offer").headers["ETag"]
    assert caller.calls("GET", "/api/offer", If_None_Match=etag).status_code == 304
    idp.services.communities.add(OMEDIT, actor=OPERATOR)
    assert caller.calls("GET", "/api/offer", If_None_Match=etag).status_code == 200


def test_an_application_that_is_suspended_or_says_nothing_of_enrollment_is_not_offered(idp, caller, dcc, perinat):
    idp.suspends(dcc)
    idp.amends(perinat, enrollment=None)
    assert caller.calls("GET", "/api/offer").json["applications"] == []


def test_what_has_approvers_of_its_own_is_said_and_not_who_they_are(idp, caller, onco_centre, decider):
    def having():
        offer = read_offer(caller.calls("GET", "/api/offer").json)
        return {each.name for each in (*offer.communities, *offer.applications) if each.has_approvers}

    decider("oriou", HeldRole(OperatorRoleName.APPROVER), HeldRole(OperatorRoleName.ADMINISTRATOR))
    assert having() == set()
    decider("hpradel", HeldRole(OperatorRoleName.APPROVER, application_scope("dcc")))
    decider("paubry", HeldRole(OperatorRoleName.APPROVER, community_scope("onco-centre")))
    assert having() == {"dcc", "onco-centre"}
    idp.services.account_service.disable("hpradel", actor=OPERATOR)
    assert having() == {"onco-centre"}
