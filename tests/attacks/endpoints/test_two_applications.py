"""Prevents: two applications telling that they serve the same person, by anything that they are given."""

import json
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from config.audit.query import AuditFilter, every_line
from idp.audit_kinds import IdpAuditKind
from relying_parties.policy import SubjectType
from tests.actors.application import parts_of
from tests.actors.server import a_server
from tests.builders.registry import a_registration

# What is the same for everyone who logs in by password. `auth_time` and the like are to the
# second: in a region where hundreds log in each minute they single nobody out.
SAME_FOR_EVERYONE = {"iss", "typ", "alg", "kid", "acr", "amr", "auth_time", "iat", "exp", "token_type", "expires_in"}
SAME_FOR_EVERYONE |= {"scope", "events"}


@pytest.fixture
def server():
    with a_server() as listening:
        yield listening


@pytest.fixture
def two(idp, server):
    """Two applications of different sectors that learn no attribute of anyone."""
    return [
        idp.registers(
            a_registration(
                name=name,
                client_id=name,
                attributes=frozenset(),
                subject_type=SubjectType.PAIRWISE,
                sector=f"{name}.example",
                redirect_uris=(f"https://{name}.example/callback",),
                backchannel_logout_uri=f"{server.address}/{name}",
            )
        )
        for name in ("etudes", "carnet")
    ]


def named(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Each text of a JSON value, and the member that holds it."""
    if isinstance(value, dict):
        for member, inside in value.items():
            yield from named(inside, member)
    elif isinstance(value, list):
        for inside in value:
            yield from named(inside, name)
    else:
        yield name, str(value)


def all_that_it_is_given(application, page) -> tuple[list[tuple[str, str]], object]:
    """Every text of the answers to one application: at its address, its token request and its userinfo request."""
    answer = application.answer(page)
    tokens = application.redeems(answer).get_json()
    application.verifies(tokens["id_token"])
    userinfo = application.userinfo(tokens["access_token"]).get_json()
    given = [page.parameters, {"token": tokens.pop("id_token")}, tokens, userinfo]
    given += parts_of(given[1]["token"])
    return [text for each in given for text in named(each)], given[1]["token"]


def test_nothing_that_two_are_given_is_the_same(idp, browser, jeanne, two, server):
    one, other = two
    first, _ = all_that_it_is_given(one, browser.logs_in(jeanne, to=one))
    second, _ = all_that_it_is_given(other, browser.visits(other.asks()))
    page = browser.visits(f"{idp.issuer}/account")
    browser.submits(page.form_of("Me déconnecter"))
    idp.tells_applications()
    told = {came.path: parse_qs(came.body.decode())["logout_token"][0] for came in server.received}
    first += [text for part in parts_of(told["/etudes"]) for text in named(part)]
    second += [text for part in parts_of(told["/carnet"]) for text in named(part)]
    assert len([text for name, text in first if name == "sid"]) == 2
    common = {text for _, text in first} & {text for _, text in second}
    assert {name for name, text in [*first, *second] if text in common} <= SAME_FOR_EVERYONE


def test_no_application_is_given_the_number_that_the_session_has_here(browser, jeanne, two):
    """It is the first half of the browser's cookie, and the same for all."""
    for application in two:
        page = browser.visits(application.asks())
        given, token = all_that_it_is_given(application, browser.gives(jeanne) if page.asks_for("password") else page)
        number = browser.cookies["localhost"]["__Host-idp-session"].partition(".")[0]
        assert number not in json.dumps(given)
        assert number.encode() not in b64decode(token.split(".")[1] + "==", altchars=b"-_")


def test_each_knows_the_session_by_the_same_name_as_long_as_it_lasts(browser, jeanne, two):
    one, other = two
    first = one.signs_in(browser.logs_in(jeanne, to=one))
    assert other.signs_in(browser.visits(other.asks())).claims["sid"] != first.claims["sid"]
    assert one.signs_in(browser.visits(one.asks())).claims["sid"] == first.claims["sid"]
    browser.visits(one.asks(prompt="login"))
    assert one.signs_in(browser.gives(jeanne)).claims["sid"] == first.claims["sid"]
    browser.visits(one.asks_to_log_out(first))
    assert one.signs_in(browser.logs_in(jeanne, to=one)).claims["sid"] != first.claims["sid"]


def test_the_trail_says_by_which_name_each_application_knows_the_session(idp, browser, jeanne, two):
    """An investigator holds what an application wrote down: its `sid`."""
    one, other = two
    given = [one.signs_in(browser.logs_in(jeanne, to=one)), other.signs_in(browser.visits(other.asks()))]
    lines = list(every_line(idp.services.database, AuditFilter(kind=IdpAuditKind.SIGN_IN)))
    assert [line.detail["known_as"] for line in lines] == [each.claims["sid"] for each in given]
    assert len({line.session for line in lines}) == 1
