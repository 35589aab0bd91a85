"""What every page owes: no fault that axe finds, no sideways scrolling at 320 pixels, no complaint of the browser.

The complaints are gathered by the window and judged when the test ends.
"""

from collections.abc import Callable

import pytest

from tests.installation import Installation, Professional
from tests.pages.window import Window

Visit = Callable[[Window, Installation, Professional], None]


def the_front_page_of_the_dcc(window, installation, jeanne):
    window.opens(installation.dcc)


def the_page_of_the_dcc(window, installation, jeanne):
    window.logs_in(jeanne, to=installation.dcc)


def the_signed_out_page_of_the_dcc(window, installation, jeanne):
    window.logs_in(jeanne, to=installation.dcc)
    window.logs_out(installation.dcc)


def a_problem_at_the_dcc(window, installation, jeanne):
    window.page.goto(f"{installation.dcc.url}/callback?code=any&state=unknown&iss={installation.issuer}")


def the_front_page_of_the_messaging_service(window, installation, jeanne):
    window.opens(installation.messagerie)


def the_page_of_the_messaging_service(window, installation, jeanne):
    window.logs_in(jeanne, to=installation.messagerie)


def the_signed_out_page_of_the_messaging_service(window, installation, jeanne):
    window.logs_in(jeanne, to=installation.messagerie)
    window.logs_out(installation.messagerie)


def a_problem_at_the_messaging_service(window, installation, jeanne):
    window.page.goto(f"{installation.messagerie.url}/saml/arrived?ticket=unknown")


def a_logout_problem_at_the_messaging_service(window, installation, jeanne):
    window.page.goto(f"{installation.messagerie.url}/saml/logout?SAMLRequest=unreadable")


def the_page_that_carries_an_answer_to_the_messaging_service(window, installation, jeanne):
    window.stays_before(f"{installation.messagerie.url}/saml/acs")
    window.asks_to_log_in(installation.messagerie)
    window.gives(jeanne.login, jeanne.password)
    window.page.get_by_role("button", name="Aller à la messagerie").wait_for()


def the_page_that_asks_the_messaging_service_to_close(window, installation, jeanne):
    window.stays_before(f"{installation.messagerie.url}/saml/logout")
    window.logs_in(jeanne, to=installation.messagerie)
    window.page.goto(f"{installation.issuer}/logout")
    window.page.get_by_role("button", name="Me déconnecter").click()
    window.page.get_by_role("link", name="Passer cette application").wait_for()


def the_page_that_says_what_each_application_answered(window, installation, jeanne):
    for application in (installation.dcc, installation.perinat, installation.messagerie):
        if application is installation.dcc:
            window.logs_in(jeanne, to=application)
        else:
            window.page.goto(f"{application.url}/me")
            window.arrives(application)
    window.page.goto(f"{installation.issuer}/logout")
    window.page.get_by_role("button", name="Me déconnecter").click()
    window.page.get_by_role("heading", name="Déconnexion à terminer").wait_for()


def a_saml_request_that_cannot_be_answered(window, installation, jeanne):
    window.page.goto(f"{installation.issuer}/saml/sso?SAMLRequest=unreadable")


def the_sign_on_page(window, installation, jeanne):
    window.asks_to_log_in(installation.dcc)


def the_sign_on_page_after_a_wrong_password(window, installation, jeanne):
    window.asks_to_log_in(installation.dcc)
    window.gives("personne", "pas celui-là")
    window.page.get_by_text("Il y a un problème").wait_for()


def the_forgotten_password_page(window, installation, jeanne):
    window.page.goto(f"{installation.issuer}/password/forgotten")


def the_forgotten_password_page_afterwards(window, installation, jeanne):
    the_forgotten_password_page(window, installation, jeanne)
    window.page.locator("main form input:not([type=hidden])").first.fill("personne")
    window.page.locator("main form button[type=submit]").click()
    window.page.wait_for_load_state()


def the_change_password_page(window, installation, jeanne):
    window.page.goto(f"{installation.issuer}/password/change")


def a_spent_password_link(window, installation, jeanne):
    window.page.goto(f"{installation.issuer}/password/choose/{'x' * 43}")


def the_page_to_ask_for_an_account(window, installation, jeanne):
    window.page.goto(f"{installation.issuer}/account/request")


def the_accessibility_statement(window, installation, jeanne):
    window.page.goto(f"{installation.issuer}/accessibility")


def the_front_page(window, installation, jeanne):
    window.page.goto(f"{installation.issuer}/")


def my_session(window, installation, jeanne):
    window.logs_in(jeanne, to=installation.dcc)
    window.page.goto(f"{installation.issuer}/account")


def my_information(window, installation, jeanne):
    window.logs_in(jeanne, to=installation.dcc)
    window.page.goto(f"{installation.issuer}/account/profile")


def the_confirmation_of_logout(window, installation, jeanne):
    window.logs_in(jeanne, to=installation.dcc)
    window.page.goto(f"{installation.issuer}/oidc/logout")


def the_signed_out_page(window, installation, jeanne):
    the_confirmation_of_logout(window, installation, jeanne)
    window.page.locator("main form button[type=submit]").first.click()
    window.page.wait_for_load_state()


def an_unknown_application(window, installation, jeanne):
    window.page.goto(f"{installation.issuer}/oidc/authorize?client_id=nobody&response_type=code&scope=openid")


def a_login_that_has_ended(window, installation, jeanne):
    window.page.goto(f"{installation.issuer}/login/{'x' * 22}")


def a_page_that_does_not_exist(window, installation, jeanne):
    window.page.goto(f"{installation.issuer}/nowhere")


def the_letters_of_the_demonstration(window, installation, jeanne):
    window.page.goto(f"{installation.issuer}/demo/letters")


EVERY_PAGE: dict[Visit, str] = {  # and what its heading says
    the_front_page_of_the_dcc: "Dossier communicant de cancérologie",
    the_page_of_the_dcc: "Bonjour Jeanne Dupont",
    the_signed_out_page_of_the_dcc: "Vous êtes déconnecté",
    a_problem_at_the_dcc: "Connexion impossible",
    the_front_page_of_the_messaging_service: "Messagerie sécurisée de santé",
    the_page_of_the_messaging_service: "Bonjour Jeanne Dupont",
    the_signed_out_page_of_the_messaging_service: "Vous êtes déconnecté",
    a_problem_at_the_messaging_service: "Connexion impossible",
    a_logout_problem_at_the_messaging_service: "Déconnexion incomplète",
    the_page_that_carries_an_answer_to_the_messaging_service: "Connexion réussie",
    the_page_that_asks_the_messaging_service_to_close: "Votre session est fermée ici",
    the_page_that_says_what_each_application_answered: "Déconnexion à terminer",
    a_saml_request_that_cannot_be_answered: "La demande",
    the_sign_on_page: "Vous allez accéder à l’application",
    the_sign_on_page_after_a_wrong_password: "Vous allez accéder à l’application",
    the_forgotten_password_page: "Mot de passe oublié",
    the_forgotten_password_page_afterwards: "Consultez votre messagerie",
    the_change_password_page: "Changer de mot de passe",
    a_spent_password_link: "Ce lien a expiré",
    the_page_to_ask_for_an_account: "Demander un compte",
    the_accessibility_statement: "Accessibilité",
    the_front_page: "Un seul compte pour vos applications de santé",
    my_session: "Ma session",
    my_information: "Mes informations",
    the_confirmation_of_logout: "Vous déconnecter",
    the_signed_out_page: "Session fermée",
    an_unknown_application: "Cette application n’est pas connue ici",
    a_login_that_has_ended: "Cette connexion a expiré",
    a_page_that_does_not_exist: "Cette page n’existe pas",
    the_letters_of_the_demonstration: "Messages de la démonstration",
}


@pytest.mark.parametrize("visit", EVERY_PAGE, ids=lambda visit: visit.__name__.replace("_", " "))
def test_axe_finds_nothing_and_a_narrow_screen_scrolls_one_way_only(window, installation, jeanne, visit: Visit):
    visit(window, installation, jeanne)

    heading = window.page.locator("h1")
    assert heading.count() == 1
    assert EVERY_PAGE[visit] in heading.inner_text()
    assert window.page.locator("html").get_attribute("lang") == "fr"
    assert window.page.title()
    assert window.accessibility_faults() == []
    window.is_as_wide_as_a_telephone()
    assert not window.scrolls_sideways()
