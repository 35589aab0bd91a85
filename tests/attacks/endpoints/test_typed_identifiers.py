"""Prevents: passing for a physician, in an application, by a number that anybody may type: RPPS numbers are public."""

import pytest

from tests.builders.operators import OPERATOR
from tests.fixtures.saml import registers

OF_A_PHYSICIAN = "899700123450"
AS_SAML = "urn:oid:1.2.250.1.71.4.2.1"
REGISTERED = frozenset({"national_id", "family_name"})


@pytest.fixture
def has_number(idp, jeanne):
    """Her account has the number, with this proof."""

    def has(proof):
        changes = {"national_id": OF_A_PHYSICIAN, "national_id_proof": proof}
        idp.services.account_service.change(jeanne.login, changes, actor=OPERATOR)

    return has


@pytest.mark.parametrize(("proof", "told"), [("typed", None), ("operator", OF_A_PHYSICIAN), ("card", OF_A_PHYSICIAN)])
def test_an_application_receives_a_proven_number_only(idp, browser, jeanne, dcc, has_number, proof, told):
    has_number(proof)
    idp.amends(dcc, attributes=REGISTERED)
    messagerie = registers(idp, attributes=REGISTERED)
    claims = dcc.learns(dcc.signs_in(browser.logs_in(jeanne, to=dcc, scope="openid profile professional")))
    assert (claims["family_name"], claims.get("SubjectNameID")) == (jeanne.family_name, told)
    attributes = messagerie.signs_on(browser.visits(messagerie.asks())).attributes
    assert attributes.get(AS_SAML) == (None if told is None else [told])
