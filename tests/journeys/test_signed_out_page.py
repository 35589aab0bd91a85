"""What the page after a logout promises: all is closed only when every application has confirmed it.

Whatever may still be open comes first, in a warning that names it and says what to do, in both protocols.
"""

import re
from datetime import timedelta

import pytest

from relying_parties.sp_metadata.service_provider import Binding
from tests.actors.server import Said, a_server
from tests.fixtures.logout import registers_leaving

ALL_CLOSED = "Personne n’est plus identifié sur ce poste"
PERHAPS_OPEN = "est peut-être encore ouverte sur ce poste"
NOT_CONFIRMED = "n’a pas encore confirmé sa fermeture"


@pytest.fixture
def changed_settings():
    """Jobs run when a test says so, and no page need wait for them."""
    return {"logout_wait": timedelta(milliseconds=1)}


@pytest.fixture
def server():
    with a_server() as listening:
        yield listening


@pytest.fixture(params=["oidc", "saml"])
def application(request, idp, browser, jeanne, dcc, perinat, server):
    """One application, told by its server, that Jeanne has opened: its name on pages."""
    if request.param == "oidc":
        idp.amends(dcc, backchannel_logout_uri=f"{server.address}/told")
        dcc.signs_in(browser.logs_in(jeanne, to=dcc))
        return "Dossier communicant de cancérologie"
    messagerie = registers_leaving(idp, by=Binding.SOAP, at=f"{server.address}/told")
    server.says = messagerie.serves_soap
    opens(browser, messagerie, jeanne)
    return "Messagerie sécurisée"


def opens(browser, provider, jeanne):
    page = browser.visits(provider.sp.asks())
    if page.asks_for("login", "password"):
        page = browser.gives(jeanne)
    return provider.sp.signs_on(page)


def signs_out(idp, browser):
    page = browser.visits(f"{idp.issuer}/logout")
    return browser.submits(page.form_of("Me déconnecter"))


def notices(page):
    """Each notice of the page, in order: its kind, and what is in it."""
    found = re.findall(r'<div class="notice (\w+)">(.*?)\n</div>', page.html, re.DOTALL)
    return [(kind, " ".join(re.sub("<[^>]*>", " ", text).split())) for kind, text in found]


def warns_first(page, *, of, that):
    """The first thing after the heading is a warning; nothing on the page says that all is done."""
    (kind, text), *rest = notices(page)
    return (
        kind == "warning" and of in text and that in text and "done" not in dict(rest) and ALL_CLOSED not in page.text
    )


# --- an application that its server tells ----------------------------------------------------


def test_one_that_has_not_answered_yet_is_warned_of(idp, browser, application):
    page = signs_out(idp, browser)
    assert page.title.startswith("Déconnexion en cours")
    assert warns_first(page, of=application, that=NOT_CONFIRMED)
    assert page.link("Vérifier de nouveau")


def test_once_it_has_confirmed_all_is_closed(idp, browser, application):
    signs_out(idp, browser)
    idp.tells_applications()
    page = browser.follows("Vérifier de nouveau")
    assert page.title.startswith("Session fermée")
    assert [kind for kind, _ in notices(page)] == ["done"]
    assert ALL_CLOSED in page.text


def test_one_whose_server_is_down_is_warned_of(idp, browser, application, server):
    server.says = lambda _: Said(status=503)
    page = signs_out(idp, browser)
    idp.tells_applications()
    page = browser.visits(page.url)
    assert warns_first(page, of=application, that="nouvel essai prévu")


def test_one_that_refuses_is_named_with_what_to_do(idp, browser, application, server):
    server.says = lambda _: Said(status=400, content_type="application/json", body=b"{}")
    page = signs_out(idp, browser)
    idp.tells_applications()
    page = browser.visits(page.url)
    if "nouvel essai prévu" in page.text:  # by SOAP it may still come to its senses
        assert warns_first(page, of=application, that=NOT_CONFIRMED)
    else:
        assert warns_first(page, of=application, that=PERHAPS_OPEN)
        assert "Ouvrez-la pour vous y déconnecter, ou fermez toutes les fenêtres du navigateur" in page.text


# --- an application that only the browser reaches, or nothing does ---------------------------


def test_an_openid_connect_application_that_cannot_be_told_is_warned_of(idp, browser, jeanne, perinat):
    perinat.signs_in(browser.logs_in(jeanne, to=perinat))
    page = signs_out(idp, browser)
    assert page.title.startswith("Déconnexion à terminer")
    assert warns_first(page, of="Périnat Centre", that=PERHAPS_OPEN)
    assert page.link("Périnat") == perinat.home_url


def test_a_service_provider_that_cannot_be_told_is_warned_of(idp, browser, jeanne):
    messagerie = registers_leaving(idp, single_logout_services=())
    opens(browser, messagerie, jeanne)
    assert warns_first(signs_out(idp, browser), of="Messagerie sécurisée", that=PERHAPS_OPEN)


def test_a_service_provider_that_the_browser_did_not_come_back_from_is_warned_of(idp, browser, jeanne):
    opens(browser, registers_leaving(idp), jeanne)
    signs_out(idp, browser)
    stop = next(seen.url for seen in reversed(browser.exchanges) if "/logout/" in seen.url)
    assert warns_first(browser.visits(stop), of="n’a pas confirmé", that=PERHAPS_OPEN)


def test_one_open_among_several_closed_is_enough_for_the_warning(idp, browser, jeanne, dcc, perinat, server):
    idp.amends(dcc, backchannel_logout_uri=f"{server.address}/told")
    dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    perinat.signs_in(browser.visits(perinat.asks()))
    page = signs_out(idp, browser)
    idp.tells_applications()
    page = browser.visits(page.url)
    assert warns_first(page, of="Périnat Centre", that=PERHAPS_OPEN)
    assert "Applications fermées" in page.text


def test_an_application_whose_registration_is_gone_is_warned_of_without_a_name(
    idp, browser, jeanne, perinat, monkeypatch
):
    perinat.signs_in(browser.logs_in(jeanne, to=perinat))
    page = browser.visits(f"{idp.issuer}/logout")
    monkeypatch.setattr(type(idp.services.registry), "by_identifier", lambda *_: None)
    page = browser.submits(page.form_of("Me déconnecter"))
    assert warns_first(page, of="Une application retirée du service", that=PERHAPS_OPEN)


# --- nothing to close --------------------------------------------------------------------------


def test_a_session_that_had_opened_nothing_is_closed(idp, browser, jeanne):
    browser.visits(f"{idp.issuer}/account")
    browser.gives(jeanne)
    assert [kind for kind, _ in notices(signs_out(idp, browser))] == ["done"]


def test_without_a_session_nothing_is_promised(idp, browser):
    page = browser.visits(f"{idp.issuer}/logout")
    assert [kind for kind, _ in notices(page)] == ["information"]
    assert ALL_CLOSED not in page.text


def test_another_session_of_this_browser_is_said_instead(idp, browser, jeanne, dcc):
    browser.visits(f"{idp.issuer}/account")
    browser.gives(jeanne)
    page = browser.visits(f"{idp.issuer}/logout/done")
    assert warns_first(page, of=jeanne.name, that="Une session reste ouverte")


def test_a_second_press_of_the_button_is_answered_by_a_page_that_can_be_read_again(idp, browser, jeanne, dcc):
    """The confirmation was open in another tab: its POST ends nothing more, and ends on a GET."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    page = browser.visits(dcc.asks_to_log_out(signed_in, id_token_hint=None, client_id=dcc.client_id))
    form = page.form_of("Me déconnecter")
    browser.submits(form)
    page = browser.submits(form)
    assert browser.exchanges[-1].method == "GET"
    assert page.path == "/logout/done"
    assert page.link("Revenir").startswith(dcc.post_logout_redirect_uri)
