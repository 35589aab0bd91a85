"""Prevents: machines that look at an address before the person comes (HEAD, prefetch) acting in the person's name."""

import pytest

from card_bridge.verification.record_kinds import CardRecord
from config.redis.store import SharedRecord
from idp.record_kinds import IdpRecord
from idp.web.web_config import MACHINE_PATHS
from tests.attacks.endpoints.test_floods import kept

AHEAD = [("HEAD", {}), ("GET", {"HTTP_SEC_PURPOSE": "prefetch;prerender"}), ("GET", {"HTTP_X_MOZ": "prefetch"})]


def addresses(idp, dcc, messagerie, signed_in) -> list[str]:
    """Every address that a GET of a browser reaches, with what makes it act where something does."""
    acting = {
        "/oidc/authorize": dcc.asks().removeprefix(dcc.issuer),
        "/oidc/logout": dcc.asks_to_log_out(signed_in).removeprefix(dcc.issuer),
        "/saml/sso": messagerie.asks().removeprefix(messagerie.issuer),
        "/language": "/language?to=en&back=/",
    }
    rules = [rule.rule for rule in idp.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [acting.get(rule, rule) for rule in rules if "<" not in rule and not rule.startswith(MACHINE_PATHS)]


@pytest.mark.parametrize(("method", "said"), AHEAD)
def test_nothing_is_done_for_a_machine_that_looks(idp, browser, jeanne, dcc, messagerie, method, said):
    """RFC 9110 section 9.2.1: a code is issued, a session ended, a language chosen for the person alone."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies["localhost"].items())
    client = idp.app.test_client(use_cookies=False)
    before = idp.trail(), {kind: kept(idp, kind) for kind in (*IdpRecord, *CardRecord, *SharedRecord)}
    looked_at = addresses(idp, dcc, messagerie, signed_in)
    assert len(looked_at) > 10
    for address in looked_at:
        answer = client.open(
            address, method=method, base_url=idp.issuer, headers={"Cookie": cookies}, environ_overrides=said
        )
        assert (address, answer.headers.getlist("Set-Cookie")) == (address, [])
        assert (address, answer.headers.get("Location", "/")[:1]) == (address, "/"), "it leads to an application"
    assert (idp.trail(), {kind: kept(idp, kind) for kind in (*IdpRecord, *CardRecord, *SharedRecord)}) == before
    assert dcc.signs_in(browser.visits(dcc.asks())).subject, "the session is still open"
