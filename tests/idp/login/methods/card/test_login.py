"""A login by card: through each door, over both protocols, and what the application and the audit trail are told."""

import pytest

from card_bridge.workstation.virtual.personas import EXPIRED, MIDWIFE, NEWCOMER, RENEWED, REVOKED, WRONG_ISSUER
from config.audit.query import every_line
from idp.sessions.acr import CLASS
from idp.settings import PasswordPolicyName
from relying_parties.policy import AssuranceLevel
from tests.actors.card import Card, goes_to_browser_door, goes_to_software, posts
from tests.builders.card_trust import an_assertion
from tests.builders.operators import OPERATOR

CARD = CLASS[AssuranceLevel.CARD]
REQUESTED = (
    f"<samlp:RequestedAuthnContext><saml:AuthnContextClassRef>{CARD}</saml:AuthnContextClassRef>"
    "</samlp:RequestedAuthnContext>"
)


def refusal(idp):
    """The one audit line of a login that was refused."""
    [line] = [line for line in every_line(idp.services.database) if line.kind == "login.refused"]
    return line


def test_the_card_opens_a_session_with_its_own_class_and_references(browser, dcc, card):
    browser.visits(dcc.asks())
    signed_in = dcc.signs_in(card.logs_in(browser))
    assert (signed_in.claims["acr"], signed_in.claims["amr"]) == (CARD, ["sc", "pin", "mfa"])


def test_the_card_software_brings_the_person_back(browser, dcc, card):
    browser.visits(dcc.asks())
    return_to = card.answers_ticket(goes_to_software(browser))
    assert return_to.startswith(f"{card.idp.issuer}/login/dcc:")
    assert dcc.signs_in(browser.visits(return_to)).claims["acr"] == CARD


def test_the_certificate_that_the_browser_shows_brings_the_person_back(browser, dcc, card):
    browser.visits(dcc.asks())
    shown = card.is_shown(goes_to_browser_door(browser))
    assert (shown.status_code, shown.headers["Cache-Control"]) == (303, "no-store")
    assert dcc.signs_in(browser.visits(shown.headers["Location"])).claims["acr"] == CARD


def test_a_saml_request_for_the_card_is_answered_with_smartcard_pki(browser, messagerie, card):
    browser.visits(messagerie.asks(inside=REQUESTED))
    assert not browser.page.asks_for("password"), "a password would not suffice"
    assert messagerie.signs_on(card.logs_in(browser)).context == CARD


def test_the_login_leaves_its_lines_in_the_audit_trail(idp, browser, dcc, card, jeanne):
    browser.visits(dcc.asks())
    dcc.signs_in(card.logs_in(browser))
    lines = [line for line in every_line(idp.services.database) if line.login == jeanne.login and line.method]
    assert [(line.kind, line.method) for line in lines] == [
        ("login.succeeded", "sc pin"),
        ("sign-in.answered", "sc pin mfa"),
    ]


def test_the_card_is_first_at_the_next_login_in_this_browser(idp, browser, jeanne, dcc, card):
    first = browser.visits(dcc.asks())
    assert [line for line in first.outline if line.startswith("summary")][:2] == [
        "summary Carte CPS",
        "summary Avec un lecteur et votre code PIN",
    ]
    browser.gives(jeanne)
    again = browser.visits(dcc.asks(prompt="login"))
    assert again.text.index("Identifiant et mot de passe") < again.text.index("Carte CPS")
    card.logs_in(browser)
    once_more = browser.visits(dcc.asks(prompt="login"))
    assert once_more.text.index("Carte CPS") < once_more.text.index("Identifiant et mot de passe")
    assert "Utilisée la dernière fois sur ce poste" in once_more.text
    assert "Utilisée" not in idp.a_browser().visits(dcc.asks()).text


def test_a_renewed_card_of_the_same_person_logs_in(browser, dcc, card, authority):
    browser.visits(dcc.asks())
    assert dcc.signs_in(Card(RENEWED, authority, card.idp).logs_in(browser)).claims["acr"] == CARD


@pytest.mark.parametrize(
    ("persona", "reason", "said"),
    [
        (EXPIRED, "expired", "Cette carte a expiré"),
        (REVOKED, "revoked", "Cette carte a été révoquée"),
        (WRONG_ISSUER, "untrusted", "n’est pas une carte CPS reconnue"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_card_that_is_not_believed_is_refused_with_its_reason(idp, browser, dcc, authority, persona, reason, said):
    browser.visits(dcc.asks())
    nonce = Card(persona, authority, idp).is_challenged(browser)["nonce"]
    signed = an_assertion(authority.issue(persona), origin=idp.issuer, nonce=nonce)
    page = posts(browser, signed.written(), nonce)
    assert page.status == 422
    assert said in page.text
    assert page.asks_for("assertion", "nonce"), "another card can be tried"
    line = refusal(idp)
    assert (line.method, line.detail) == ("sc pin", {"reason": reason, "page": "login"})


def test_an_unknown_card_leads_to_the_request_for_an_account(idp, browser, dcc, authority):
    browser.visits(dcc.asks())
    page = Card(NEWCOMER, authority, idp).logs_in(browser)
    assert page.status == 403
    assert "Éloïse D’AUBRAC" in page.text
    assert page.link("Demander un compte").endswith("/account/request?application=dcc")
    line = refusal(idp)
    assert line.detail == {"reason": "unknown-card", "page": "login", "card": "8025000001/9970000006"}


def test_a_card_whose_number_was_only_typed_waits_for_an_operator(idp, browser, dcc, paul, authority):
    idp.services.account_service.change(
        paul.login, {"national_id": MIDWIFE.holder.national_id, "national_id_proof": "typed"}, actor=OPERATOR
    )
    browser.visits(dcc.asks())
    page = Card(MIDWIFE, authority, idp).logs_in(browser)
    assert (page.status, "Un opérateur doit confirmer" in page.text) == (403, True)


def test_a_disabled_account_is_said_to_the_holder_of_its_card(idp, browser, dcc, card, jeanne):
    idp.disables(jeanne)
    browser.visits(dcc.asks())
    page = card.logs_in(browser)
    assert (page.status, "Ce compte est désactivé" in page.text) == (403, True)
    line = refusal(idp)
    assert (line.detail["reason"], line.account is not None) == ("account-disabled", True)


def test_a_browser_that_shows_no_certificate_comes_back_to_the_page(browser, dcc, card):
    browser.visits(dcc.asks())
    shown = card.is_shown(goes_to_browser_door(browser), **{"X-Card-Verified": "NONE", "X-Card-Certificate": ""})
    page = browser.visits(shown.headers["Location"])
    assert (page.status, "n’a montré aucun certificat" in page.text) == (422, True)


@pytest.mark.parametrize("changed_settings", [{"card_offered": False}], indirect=True, ids=["without the card"])
def test_an_installation_without_the_card_has_none_of_its_addresses(browser, dcc):
    assert "Carte CPS" not in browser.visits(dcc.asks()).text
    for path in ("card", "card/challenge", "card/ticket", "card/return", "card/software"):
        assert browser.asks(f"{browser.page.url}/{path}").status_code == 404


def test_only_the_page_that_offers_the_card_may_call_the_card_software(idp, browser, dcc, card):
    offered = browser.visits(dcc.asks()).headers
    assert "connect-src 'self' http://127.0.0.1:16731 " in offered["Content-Security-Policy"]
    assert "loopback-network=(self)" in offered["Permissions-Policy"]
    elsewhere = browser.visits(f"{idp.issuer}/accessibility").headers
    assert "127.0.0.1" not in elsewhere["Content-Security-Policy"]
    assert "loopback-network=()" in elsewhere["Permissions-Policy"]


@pytest.mark.parametrize("changed_settings", [{"password_policy": PasswordPolicyName.LEGACY_IDEOSSO}], indirect=True)
def test_a_password_that_has_expired_does_not_stop_a_person_who_uses_a_card(idp, browser, jeanne, dcc, card):
    browser.visits(dcc.asks())
    assert dcc.signs_in(card.logs_in(browser)).claims["acr"] == CARD
    assert browser.visits(f"{dcc.issuer}/account").status == 200
    assert idp.a_browser().logs_in(jeanne, to=dcc).path == "/password/change"
