"""What an account says of its person is released by both protocols to the applications registered for it."""

import pytest

from config.reference.titles import Civility, Title
from tests.builders.operators import OPERATOR
from tests.fixtures.saml import registers

SAID = {
    "title": Title.DOCTOR,
    "civility": Civility.MADAM,
    "birth_name": "Martin",
    "street": "12 rue des Tilleuls",
    "postcode": "45000",
    "town": "Orléans",
    "department": "45",
    "country": "FR",
    "telephone": "+33261910000",
    "mobile": "+33639980000",
    "fax": "+33261910002",
}
ATTRIBUTES = frozenset({"title", "civility", "birth_name", "address", "telephone", "mobile"})
SCOPES = "openid profile professional address phone"


@pytest.fixture
def jeanne_says_all(idp, jeanne):
    idp.services.account_service.change(jeanne.login, SAID, actor=OPERATOR)
    return jeanne


def test_openid_connect_has_it_in_standard_claims(idp, browser, jeanne_says_all, dcc):
    idp.amends(dcc, attributes=ATTRIBUTES)
    signed_in = dcc.signs_in(browser.logs_in(jeanne_says_all, to=dcc, scope=SCOPES))
    claims = dcc.userinfo(signed_in.access_token).get_json()
    assert claims.pop("sub") == signed_in.subject
    assert claims == {
        "title": "DR",
        "codeCivilite": "MME",
        "birth_family_name": "Martin",
        "phone_number": "+33261910000",
        "msisdn": "33639980000",
        "address": {
            "formatted": "12 rue des Tilleuls\n45000 Orléans",
            "street_address": "12 rue des Tilleuls",
            "postal_code": "45000",
            "locality": "Orléans",
            "region": "Loiret",
            "country": "France",
        },
    }


def test_saml_has_it_under_the_names_of_directories(idp, browser, jeanne_says_all):
    messagerie = registers(idp, attributes=ATTRIBUTES)
    browser.visits(messagerie.asks())
    attributes = messagerie.signs_on(browser.gives(jeanne_says_all)).attributes
    assert attributes["urn:oid:2.5.4.16"] == ["12 rue des Tilleuls$45000 Orléans"]
    assert attributes["urn:oid:2.5.4.20"] == ["+33261910000"]
    assert attributes["urn:oid:0.9.2342.19200300.100.1.41"] == ["+33639980000"]
    assert attributes["urn:oid:0.9.2342.19200300.100.1.40"] == ["DR"]
    assert len(attributes) == len(ATTRIBUTES)


def test_what_an_application_is_not_registered_for_does_not_leave(browser, jeanne_says_all, dcc):
    """Whatever scopes it asks for."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne_says_all, to=dcc, scope=SCOPES))
    claims = dcc.userinfo(signed_in.access_token).get_json()
    assert not claims.keys() & {"title", "codeCivilite", "birth_family_name", "phone_number", "msisdn", "address"}
