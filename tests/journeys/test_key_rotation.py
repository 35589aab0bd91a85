"""Keys rotate while logins go on: next published, then current, then previous, then gone. Design, journey (f)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from joserfc import jws


def kid(id_token: str) -> str:
    return str(jws.extract_compact(id_token.encode()).headers()["kid"])


def published(application) -> list[str]:
    return [key["kid"] for key in application.calls.get("/oidc/jwks").get_json()["keys"]]


def test_a_key_is_published_before_it_signs(idp, browser, jeanne, dcc):
    before = published(dcc)
    first = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    idp.rotates_keys()
    second = dcc.signs_in(browser.visits(dcc.asks()))
    assert kid(second.id_token) != kid(first.id_token)
    assert kid(second.id_token) in before


def test_signatures_of_the_previous_key_verify_until_the_second_rotation(idp, browser, jeanne, dcc):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    idp.rotates_keys()
    assert dcc.verifies(signed_in.id_token)
    hint = dcc.asks(id_token_hint=signed_in.id_token, prompt="none")
    assert dcc.signs_in(browser.visits(hint)).subject == signed_in.subject
    idp.rotates_keys()
    assert kid(signed_in.id_token) not in published(dcc)
    refused = browser.visits(dcc.asks(id_token_hint=signed_in.id_token, prompt="none"))
    assert dcc.answer(refused).error == "invalid_request"


def test_logins_succeed_while_keys_rotate(idp, browser, jeanne, dcc):
    """Every ID token verifies by the keys that were published when it was issued."""
    browser.logs_in(jeanne, to=dcc)
    stop, kids = Event(), set()

    def keep_signing_in() -> None:
        tab = browser.another_tab()
        while not stop.is_set():
            kids.add(kid(dcc.signs_in(tab.visits(dcc.asks())).id_token))

    with ThreadPoolExecutor(2) as pool:
        people = [pool.submit(keep_signing_in) for _ in range(2)]
        for _ in range(2):
            seen = len(kids)
            idp.rotates_keys()
            while len(kids) <= seen and not any(person.done() for person in people):
                pass
        stop.set()
        assert [person.result() for person in people] == [None, None]
    assert len(kids) >= 2
