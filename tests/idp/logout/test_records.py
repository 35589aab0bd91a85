"""Logouts that are going on: one browser's, and each answer once."""

from datetime import UTC, datetime

import pytest

from config.redis.store import fingerprint
from idp.logout.logout_request import ReturnPolicy, ReturnTo
from idp.logout.protocol import Outcome
from idp.logout.records import KEPT_FOR, Logout, Logouts, new_identifier, numbered
from idp.record_kinds import IdpRecord
from idp.sessions.participation import Participation
from tests.stores import raced

COOKIE = "a-sid.a-secret"


@pytest.fixture
def logouts(store):
    return Logouts(store)


@pytest.fixture
def logout(logouts):
    messaging = Participation(identifier="messagerie", protocol="saml", first_used=datetime.now(UTC), detail={"a": "b"})
    begun = Logout(
        identifier=new_identifier(),
        ended={"a-sid": fingerprint("a-secret")},
        initiator="oidc:dcc",
        return_to=ReturnTo(
            protocol="oidc", identifier="dcc", policy=ReturnPolicy.BY_LINK, request={"url": "https://dcc.example/"}
        ),
        languages=("en",),
        targets=numbered([("a-sid", messaging, Outcome.WAITING), ("another-sid", messaging, Outcome.NOTIFYING)]),
    )
    logouts.save(begun)
    found = logouts.find(begun.identifier)
    assert found is not None
    return found


def test_a_saved_logout_is_found(logouts, logout):
    assert [target.outcome for target in logout.targets] == [Outcome.WAITING, Outcome.NOTIFYING]
    assert logout.return_to == ReturnTo(
        protocol="oidc", identifier="dcc", policy=ReturnPolicy.BY_LINK, request={"url": "https://dcc.example/"}
    )
    assert logouts.find(new_identifier()) is None


def test_a_logout_belongs_to_the_first_browser_that_opens_it(logouts, logout):
    assert raced(8, lambda: logouts.claim(logout, "a-browser", COOKIE)).count(True) == 1
    found = logouts.find(logout.identifier)
    assert found.belongs_to("a-browser")
    assert not found.belongs_to("another")
    assert [target.sid for target in found.browser_targets] == ["a-sid"]


@pytest.mark.parametrize("cookie", [None, "", "a-sid", "a-sid.guessed", "another-sid.a-secret", "x" * 200])
def test_a_cookie_of_another_session_shows_no_target(logouts, logout, cookie):
    assert logouts.claim(logout, "a-browser", cookie)
    assert logouts.find(logout.identifier).browser_targets == ()


def test_the_initiator_is_answered_once(logouts, logout):
    assert raced(8, lambda: logouts.mark_answered(logout)).count(True) == 1


def test_a_response_counts_once_and_only_from_the_awaited_application(logouts, logout):
    logouts.await_response("_request", logout, logout.targets[0])
    assert logouts.take_awaited("_request", by="agenda") is None
    answers = raced(8, lambda: logouts.take_awaited("_request", by="messagerie"))
    assert [answer[1].number for answer in answers if answer] == ["0"]
    assert logouts.take_awaited("_never", by="messagerie") is None


def test_an_outcome_changes_its_target_alone(logouts, logout):
    logouts.save_outcome(fingerprint(logout.identifier), logout.targets[1], Outcome.RETRYING)
    assert [target.outcome for target in logouts.reload(logout).targets] == [Outcome.WAITING, Outcome.RETRYING]


def test_a_late_outcome_does_not_restore_an_expired_logout(logouts, logout, clock, store):
    clock.shift(KEPT_FOR)
    logouts.save_outcome(fingerprint(logout.identifier), logout.targets[1], Outcome.CLOSED)
    assert logouts.find(logout.identifier) is None
    assert logouts.targets(logout.identifier) == ()


def test_the_identifier_of_a_logout_is_not_in_redis(logout, store):
    """A reader of the store reads no address of a logout that is going on."""
    assert logout.identifier.encode() not in b" ".join(store.link.execute("KEYS", "*", repeatable=True))
    assert store.get(IdpRecord.LOGOUT, logout.identifier) is None
