"""From a service provider's button to its page, by SAML: design, journeys (a) and (b), and single sign-on."""

from tests.builders_saml import OTHER_CONSUMER

BY_PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


def test_a_professional_logs_in_to_a_service_provider_by_password(browser, jeanne, messagerie):
    page = browser.visits(messagerie.asks(relay_state="/boite?dossier=12&page=2"))
    assert page.status == 200
    assert "Messagerie" in page.text
    assert page.asks_for("login", "password")

    signed_on = messagerie.signs_on(browser.gives(jeanne))

    assert signed_on.context == BY_PASSWORD
    assert signed_on.name_id_format == PERSISTENT
    assert signed_on.relay_state == "/boite?dossier=12&page=2"
    assert signed_on.attributes == {
        "urn:oid:2.5.4.42": ["Jeanne"],
        "urn:oid:2.5.4.4": ["Dupont"],
        "urn:oid:0.9.2342.19200300.100.1.3": ["jeanne.dupont@exemple.test"],
        "urn:oid:1.2.250.1.71.1.2.7": ["10^1.2.250.1.71.1.2.7"],
    }
