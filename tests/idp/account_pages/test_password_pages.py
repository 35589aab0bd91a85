import html
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from idp.accounts.models import PasswordCredential
from idp.accounts.passwords.passwords import NotVerified, Verified
from idp.app import create_app
from idp.settings import PasswordPolicyName
from tests.builders.accounts import ANOTHER_PASSWORD, PASSWORD, AccountParts
from tests.builders.operators import OPERATOR

EXPIRED = timedelta(days=121)


@dataclass(frozen=True)
class Window:
    """A browser's window without a browser: cookies, and the forms of the page that was opened last."""

    client: FlaskClient
    issuer: str

    def opens(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=self.issuer)

    def posts_and_follows(self, path: str, **fields: str) -> TestResponse:
        """What a browser shows in the end: a form that was accepted leads to a page of its own."""
        posted = self.posts(path, **fields)
        return self.opens(posted.headers["Location"]) if posted.status_code == 303 else posted

    def posts(self, path: str, *, from_page: str | None = None, **fields: str) -> TestResponse:
        page = self.opens(from_page or path).text
        token = re.search(r'name="form_token" value="([^"]+)"', page)
        assert token, page
        return self.client.post(path, base_url=self.issuer, data=fields | {"form_token": token.group(1)})


@pytest.fixture
def window_on(parts: AccountParts) -> Callable[..., Window]:
    def on(**settings) -> Window:
        changed = replace(parts.settings, **settings)
        return Window(create_app(changed).test_client(), changed.issuer)

    return on


@pytest.fixture
def window(window_on) -> Window:
    return window_on()


def said(response: TestResponse) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.text)))


def changes(window: Window, **fields: str) -> TestResponse:
    usual = {"login": "jdupont", "current_password": PASSWORD, "new_password": ANOTHER_PASSWORD}
    return window.posts("/password/change", **(usual | fields))


def test_a_password_is_changed_from_the_login_page(window, parts, jeanne_account):
    changed = changes(window)
    assert (changed.status_code, changed.headers["Location"]) == (303, "/password/changed")
    assert "Vous pouvez vous connecter avec votre nouveau mot de passe" in said(window.opens("/password/changed"))
    assert isinstance(parts.passwords.verify("jdupont", ANOTHER_PASSWORD), Verified)


@pytest.mark.parametrize("wrong", [{"current_password": "wrong"}, {"login": "nobody"}])
def test_a_wrong_login_or_password_gets_one_answer(window, jeanne_account, wrong):
    refused = changes(window, **wrong)
    assert refused.status_code == 422
    assert "L’identifiant ou le mot de passe actuel est incorrect" in said(refused).replace("'", "’")
    assert ANOTHER_PASSWORD not in refused.text


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ("Motdepasse-2026!", "trop courant"),
        ("court", "trop court"),
        ("", "Saisissez un nouveau mot de passe"),
        ("Treille\x00Vive-71", "caractère illisible"),
        ("x" * 1_025, "1 024 caractères".replace(" ", "\\W")),
    ],
)
def test_a_refused_new_password_shows_the_reasons(window, jeanne_account, new, why):
    refused = changes(window, new_password=new)
    assert refused.status_code == 422
    assert re.search(why, said(refused))


def test_too_many_attempts_must_wait(window, parts, jeanne_account, frozen):
    for _ in range(parts.settings.failures_per_account_and_address):
        changes(window, current_password="wrong")
    waiting = changes(window)
    assert waiting.status_code == 429
    assert int(waiting.headers["Retry-After"]) >= 1
    assert parts.passwords.verify("jdupont", ANOTHER_PASSWORD) == NotVerified()


def test_a_change_is_posted_from_our_own_page_only(window, jeanne_account):
    fields = {"login": "jdupont", "current_password": PASSWORD, "new_password": ANOTHER_PASSWORD}
    assert window.client.post("/password/change", base_url=window.issuer, data=fields).status_code == 403


@pytest.mark.parametrize("pending", ["dcc:unknown", "//evil.example", "../../x", "\r\nSet-Cookie: x=1", "x" * 5_000])
def test_a_forged_pending_login_redirects_within_our_site(window, jeanne_account, pending):
    page = window.client.get("/password/change", query_string={"pending": pending}, base_url=window.issuer)
    assert page.status_code == 200
    changed = changes(window, pending=pending)
    if changed.status_code == 303:
        assert changed.headers["Location"] in ("/login/dcc:unknown", "/password/changed")
    else:
        assert changed.status_code == 200


def test_a_pending_login_continues_after_the_change(window, jeanne_account):
    changed = changes(window, pending="dcc:unknown")
    assert (changed.status_code, changed.headers["Location"]) == (303, "/login/dcc:unknown")
    assert any("session" in cookie for cookie in changed.headers.getlist("Set-Cookie"))


def test_the_page_shows_when_the_password_expired(window_on, parts, jeanne_account):
    window = window_on(password_policy=PasswordPolicyName.LEGACY_IDEOSSO)
    window.posts("/password/change", login="jdupont", current_password=PASSWORD, new_password=ANOTHER_PASSWORD,
                 pending="dcc:unknown")  # fmt: skip
    with parts.database.transaction() as session:
        session.execute(update(PasswordCredential).values(set_at=datetime.now(UTC) - EXPIRED))
    parts.service.grant("jdupont", "dcc", actor=OPERATOR)  # a revision, so that the change is seen
    page = said(window.opens("/password/change"))
    assert "Votre mot de passe a expiré le" in page
    assert 'value="jdupont"' in window.opens("/password/change").text


@pytest.mark.parametrize("sought", ["jdupont", "jeanne.dupont@exemple.test", "nobody", "nobody@exemple.test", "'\\"])
def test_a_forgotten_password_gets_the_same_response_for_every_login(window, jeanne_account, sought):
    sent = window.posts_and_follows("/password/forgotten", login=sought)
    assert sent.status_code == 200
    assert "Si un compte correspond à votre saisie" in said(sent)
    assert sought not in said(sent)


def test_a_mailed_link_chooses_a_password(window, parts, jeanne_account):
    window.posts("/password/forgotten", login="jdupont")
    path = f"/password/choose/{parts.mailed_token()}"
    for _ in range(3):
        assert "jdupont" in said(window.opens(path))
        assert window.client.head(path, base_url=window.issuer).status_code == 200
    assert window.posts(path, new_password="Motdepasse-2026!").status_code == 422
    assert window.posts(path, new_password="").status_code == 422
    assert window.posts(path, new_password=ANOTHER_PASSWORD).headers["Location"] == "/password/changed"
    assert isinstance(parts.passwords.verify("jdupont", ANOTHER_PASSWORD), Verified)
    assert window.opens(path).status_code == 410
    assert window.posts(path, from_page="/password/forgotten", new_password=ANOTHER_PASSWORD).status_code == 410


def test_the_address_of_a_link_is_not_sent_as_referer(window, parts, jeanne_account):
    window.posts("/password/forgotten", login="jdupont")
    page = window.opens(f"/password/choose/{parts.mailed_token()}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]


def test_too_many_requests_for_links_must_wait(window, monkeypatch, frozen):
    monkeypatch.setattr("idp.accounts.passwords.links._REQUESTS_AT_ONCE", 5)
    for _ in range(5):
        assert window.posts("/password/forgotten", login="nobody").status_code == 303
    waiting = window.posts("/password/forgotten", login="nobody")
    assert waiting.status_code == 429
    assert 1 <= int(waiting.headers["Retry-After"]) <= 30


@pytest.mark.parametrize(("told", "instead"), [("changed", "/"), ("forgotten/sent", "/password/forgotten")])
def test_a_confirmation_is_shown_only_to_the_browser_that_acted(window, told, instead):
    """Prevents: a link of a stranger's that makes somebody believe that their password was changed."""
    asked = window.opens(f"/password/{told}")
    assert (asked.status_code, asked.headers["Location"]) == (303, instead)
