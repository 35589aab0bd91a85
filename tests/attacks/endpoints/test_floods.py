"""Prevents: strangers filling what we remember, or making us work, by requests that cost them nothing."""

import re
import secrets

import pytest

from card_bridge.verification.record_kinds import CardRecord
from config.redis.store import RecordKind, SharedRecord
from idp.record_kinds import IdpRecord
from idp.saml import forgery_limit
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.artifacts import in_soap
from tests.fixtures.artifacts import registers_by_artifact
from tests.fixtures.logout import registers_leaving
from tests.fixtures.saml import registers


def kept(idp, kind: RecordKind) -> int:
    with_prefix = idp.services.store.link.execute("KEYS", f"{kind}:*", repeatable=True)
    return len(with_prefix)


def everything_kept(idp) -> int:
    return sum(kept(idp, kind) for kind in (*IdpRecord, *CardRecord, *SharedRecord))


def large() -> str:
    """A state that no compression makes small enough for a cookie."""
    return secrets.token_urlsafe(4_500)


@pytest.mark.parametrize("changed_settings", [{"pending_logins_per_prefix": 1}])
def test_logins_begun_leave_nothing_and_are_never_refused(idp, dcc):
    """10,000 requests once closed a network of 256 addresses for 20 minutes, and left 82 MB."""
    before = everything_kept(idp)
    for number in range(50):
        begun = idp.a_browser(address=f"192.0.2.{number}").asks(dcc.asks())
        assert (begun.status_code, begun.headers["Location"].startswith("/login/dcc:")) == (303, True)
    assert idp.a_browser(address="192.0.2.1").visits(dcc.asks()).status == 200
    assert everything_kept(idp) == before


def test_a_login_too_large_for_a_cookie_is_kept_here_and_goes_on(idp, browser, jeanne, dcc):
    state = large()
    page = browser.visits(dcc.asks(state=state))
    assert kept(idp, IdpRecord.PENDING) == 1
    browser.submits(page.form_of("Prolonger"))
    assert dcc.answer(browser.gives(jeanne)).state == state
    assert all(len(cookie) < 4_096 for seen in browser.exchanges for cookie in seen.cookies_set)


@pytest.mark.parametrize("changed_settings", [{"pending_logins_per_prefix": 3}])
def test_large_logins_are_begun_so_often_from_one_network_and_no_more(idp, jeanne, dcc):
    warm = idp.a_browser(address="192.0.2.1")
    warm.logs_in(jeanne, to=dcc)
    pages = [idp.a_browser(address=f"192.0.2.{number}").visits(dcc.asks(state=large())) for number in range(2, 8)]
    assert [page.status for page in pages] == [200, 200, 200, 429, 429, 429]
    assert int(pages[-1].headers["Retry-After"]) > 0
    assert kept(idp, IdpRecord.PENDING) == 3
    assert idp.a_browser(address="192.0.2.9").visits(dcc.asks()).status == 200, "a request like others goes on"
    assert idp.a_browser(address="198.51.100.1").visits(dcc.asks(state=large())).status == 200, "another network too"
    assert dcc.signs_in(warm.visits(dcc.asks(state=large()))).subject, "a session that is open begins no login"


@pytest.mark.parametrize("changed_settings", [{"pending_logins_per_prefix": 3}])
@pytest.mark.parametrize("by_post", [False, True])
def test_saml_requests_leave_so_many_identifiers_and_no_more_and_all_go_on(idp, jeanne, messagerie, by_post):
    """Beyond the limit, that a request is used is written with its answer: it is answered once all the same."""
    browsers = []
    for number in range(2, 8):
        browsers.append(browser := idp.a_browser(address=f"192.0.2.{number}"))
        if by_post:
            browser.is_made_to_post(messagerie.address, **messagerie.posts())
        else:
            browser.visits(messagerie.asks())
    assert (kept(idp, IdpRecord.PENDING), kept(idp, IdpRecord.ONCE)) == (0, 3)
    for browser in browsers:
        assert messagerie.signs_on(browser.gives(jeanne))
    assert kept(idp, IdpRecord.ONCE) == 6


@pytest.mark.parametrize("changed_settings", [{"pending_logins_per_prefix": 1}])
def test_a_saml_request_beyond_the_limit_is_answered_once(idp, browser, jeanne, messagerie, clock):
    """Profiles 4.1.4.5. Two logins were begun for it, and the second is finished when its record would be old."""
    browser.visits(messagerie.asks())
    address, later = messagerie.asks(), idp.a_browser()
    browser.visits(address)
    waiting = later.visits(address)
    messagerie.signs_on(browser.gives(jeanne))
    assert idp.a_browser().visits(address).status == 400
    clock.shift(19 * 60)
    later.submits(waiting.form_of("Prolonger"))
    assert later.gives(jeanne).status == 410


@pytest.mark.parametrize("changed_settings", [{"pending_logins_per_prefix": 1}])
def test_a_request_that_was_turned_away_may_be_sent_again(idp, messagerie):
    """Nothing counts as used of a request that no login was begun for."""
    far = Endpoint(binding=Binding.POST, location=f"https://messagerie.example/{secrets.token_urlsafe(3_000)}", index=0)
    provider = registers(idp, assertion_consumer_services=(far,))
    first, later = provider.asks(), provider.asks()
    assert idp.a_browser(address="192.0.2.2").visits(first).status == 200
    with idp.another_worker() as worker:  # what was counted is counted for all
        assert worker.a_browser(address="198.51.100.2").visits(provider.asks()).status == 200
    assert idp.a_browser(address="192.0.2.3").visits(later).status == 429
    assert idp.a_browser(address="203.0.113.1").visits(later).status == 200


def test_a_saml_request_that_is_refused_leaves_nothing(idp, browser, messagerie):
    """Those that need no session are anyone's: a passive one, one that asks wrongly, one of nobody."""
    for changed in (
        {"IsPassive": "true"},
        {"inside": "<saml:Subject><saml:BaseID/></saml:Subject>"},
        {"AttributeConsumingServiceIndex": "7"},
        {"issuer": "https://nobody.example/"},
    ):
        browser.visits(messagerie.asks(**changed))
    assert (kept(idp, IdpRecord.PENDING), kept(idp, IdpRecord.ONCE)) == (0, 0)


@pytest.mark.parametrize("changed_settings", [{"pending_logins_per_prefix": 3}])
@pytest.mark.parametrize("changed", [{"IsPassive": "true"}, {"AttributeConsumingServiceIndex": "7"}])
def test_refusals_that_wait_to_be_fetched_are_so_many_and_no_more(idp, changed):
    """By artifact a refusal is kept, signed and whole, until the service provider comes for it."""
    by_artifact = registers_by_artifact(idp)
    pages = [idp.a_browser(address=f"192.0.2.{number}").asks(by_artifact.asks(**changed)) for number in range(2, 8)]
    assert [page.status_code for page in pages] == [303, 303, 303, 429, 429, 429]
    assert int(pages[-1].headers["Retry-After"]) > 0
    assert (kept(idp, IdpRecord.ARTIFACT), kept(idp, IdpRecord.ONCE)) == (3, 0)


def test_a_refused_request_is_not_kept(idp, dcc):
    for changed in ({"client_id": "nobody"}, {"redirect_uri": "https://attacker.example/"}, {"scope": "profile"}):
        dcc.calls.get(dcc.asks(**changed))
    dcc.calls.get(dcc.asks(state="s" * 9000))
    dcc.calls.get(dcc.asks(prompt="none"))
    assert kept(idp, IdpRecord.PENDING) == 0


def test_a_request_too_large_to_be_honest_is_refused_with_a_page(dcc):
    for asked in (
        dcc.asks(state="s" * 9000),
        dcc.asks() + "&x=1" * 100,
        dcc.asks() + "".join(f"&x{number}=1" for number in range(100)),
    ):
        response = dcc.calls.get(asked)
        assert response.status_code == 400
        assert "Location" not in response.headers


def test_a_logout_request_too_large_asks_the_person(browser, jeanne, dcc):
    browser.logs_in(jeanne, to=dcc)
    for extra in ("".join(f"&x{number}=1" for number in range(100)), "&x=" + "x" * 9000):
        assert browser.visits(dcc.asks_to_log_out(None) + extra).form_of("Me déconnecter")


def test_of_a_form_larger_than_ours_the_beginning_is_read(idp, browser, dcc):
    """A password that somebody pasted is told on the form itself; what no person would send is not received."""
    form = browser.visits(dcc.asks()).form_with("password")
    response = browser.asks(form.action, posting=form.fields | {"login": "x", "password": "x" * 100_000})
    assert response.status_code == 422
    response = browser.asks(form.action, posting=form.fields | {"login": "x", "password": "x" * 2_000_000})
    assert response.status_code == 413


def test_a_large_form_of_somebody_else_is_refused_as_too_large(idp, browser, dcc):
    form = browser.visits(dcc.asks()).form_with("password")
    forged = form.fields | {"form_token": "x" * 88, "login": "x", "password": "x" * 100_000}
    assert browser.asks(form.action, posting=forged).status_code == 413


def test_client_ids_that_do_not_exist_fill_no_memory(idp, dcc):
    remembered = len(idp.services.registry._applications)
    for number in range(50):
        dcc.calls.get(dcc.asks(client_id=f"nobody-{number}"))
        idp.services.registry.by_client_id(f"nobody-{number}")
    assert len(idp.services.registry._applications) == remembered


def test_forged_messages_are_looked_at_so_often_from_one_address_and_others_go_on(idp, monkeypatch):
    """A stranger who knows an entityID makes us verify signatures; a flood of them ends, and keeps nobody else out."""
    monkeypatch.setattr(forgery_limit, "REFILL_PER_SECOND", 0.0)  # however slow this machine is
    leaving = registers_leaving(idp)
    xml = leaving.sp.signs(leaving.request(None, inside="<saml:NameID>x</saml:NameID>", Destination=None))
    body = in_soap(xml)
    forged = re.sub(b"<ds:SignatureValue>\n?....", b"<ds:SignatureValue>AAAA", body)

    def status(envelope, address):
        said = {"content_type": "text/xml", "environ_base": {"REMOTE_ADDR": address}}
        return idp.app.test_client().post("/saml/logout/soap", data=envelope, **said)

    answers = [status(forged, "192.0.2.7") for _ in range(forgery_limit.BURST + 1)]
    assert {answer.status_code for answer in answers} == {403, 429}
    assert answers[-1].headers["Retry-After"] == "1"
    assert answers[-1].mimetype == "text/xml"
    assert status(body, "198.51.100.1").status_code == 200
