"""An application that is registered for it learns who is an operator; the others do not."""

from idp.accounts.operator_roles import HeldRole, OperatorRoleName
from tests.builders.operators import OPERATOR
from tests.fixtures.saml import is_noticed_by, registers

AUDITOR = HeldRole(OperatorRoleName.AUDITOR)
OF_DCC = HeldRole(OperatorRoleName.APPROVER, "application:dcc")
HELD = ["approver:application:dcc", "auditor"]
PROFESSIONAL = "openid professional"


def test_roles_are_released_by_both_protocols_to_those_registered_for_them(idp, browser, jeanne, dcc, perinat):
    for role in (OF_DCC, AUDITOR):
        idp.services.operators.grant(jeanne.login, role, actor=OPERATOR)
    idp.amends(dcc, attributes=frozenset({"operator_roles"}))
    messagerie = registers(idp, attributes=frozenset({"operator_roles"}))
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc, scope=PROFESSIONAL))
    assert dcc.userinfo(signed_in.access_token).get_json()["operator_roles"] == HELD
    [values] = messagerie.signs_on(browser.visits(messagerie.asks())).attributes.values()
    assert values == HELD
    elsewhere = perinat.signs_in(browser.visits(perinat.asks(scope=PROFESSIONAL)))
    assert "operator_roles" not in perinat.userinfo(elsewhere.access_token).get_json()


def test_a_role_that_is_revoked_is_released_no_more(idp, browser, jeanne, dcc):
    idp.services.operators.grant(jeanne.login, AUDITOR, actor=OPERATOR)
    idp.amends(dcc, attributes=frozenset({"operator_roles"}))
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc, scope=PROFESSIONAL))
    assert dcc.userinfo(signed_in.access_token).get_json()["operator_roles"] == ["auditor"]
    idp.services.operators.revoke(jeanne.login, AUDITOR, actor=OPERATOR)
    is_noticed_by(idp)
    assert "operator_roles" not in dcc.userinfo(signed_in.access_token).get_json()
