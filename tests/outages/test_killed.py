"""kill -9, in the middle of logins: service again, and nothing that was answered is lost."""

import json
import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from config.audit.trail import AuditEvent
from config.audit.vocabulary import AuditKind
from idp.audit_kinds import IdpAuditKind
from tests.actors.identity_provider import Operator
from tests.outages.logins import Logins, Told
from tests.outages.service import Service, is_alive, until

AGAIN_WITHIN = 90.0  # seconds, of which the machine needs two or three when it has nothing else to do
STORE_MAY_LOSE = 1.0  # the last second: docs/decisions, embedded Redis


def kill_one_of(service: Service, what: str) -> None:
    match what:
        case "the service":
            service.kill()
            service.start()
        case "a worker":
            killed = service.workers()[0]
            killed.kill()
            until(lambda: not is_alive(killed))
        case "Redis" | "the jobs":
            word = {"Redis": "redis-server", "the jobs": "jobs"}[what]
            killed = service.child(word)
            killed.kill()
            until(lambda: not is_alive(killed))
    until(lambda: len(service.workers()) == 2, within=AGAIN_WITHIN, what="two workers")
    until(lambda: service.children("redis-server") and service.children("jobs"), within=AGAIN_WITHIN)


def lines(operator: Operator, kind: AuditKind) -> Counter[str]:
    """How many lines of this kind each account has."""
    counted = select(AuditEvent.account, func.count().label("lines")).group_by(AuditEvent.account)
    with operator.services.database.reading() as connection:
        return Counter({row.account: row.lines for row in connection.execute(counted.where(AuditEvent.kind == kind))})


@pytest.mark.parametrize("what", ["the service", "a worker", "Redis", "the jobs"])
def test_killed_in_the_middle_of_logins_it_serves_again_and_what_was_answered_is_kept(
    what, service, operator, people, perinat
):
    logins = Logins(service, perinat)
    with logins.going_on(people) as told:
        until(lambda: time.monotonic() - told.sessions[0].at > 2 * STORE_MAY_LOSE)
        killed_at = time.monotonic()
        kill_one_of(service, what)
        logins.wait_for_more(8, within=AGAIN_WITHIN)

    assert told.faults == []
    assert_each_answered_login_has_its_line(told, operator, people)
    assert_no_code_was_redeemed_twice(told)
    assert_sessions_are_open(told, service, begun_before=killed_at - STORE_MAY_LOSE)
    assert json.loads(service.idp("audit", "verify", "--json"))["intact"]


def assert_each_answered_login_has_its_line(told: Told, operator: Operator, people) -> None:
    succeeded = lines(operator, IdpAuditKind.LOGIN_SUCCEEDED)
    for person in people:
        snapshot = operator.services.accounts.by_username(person.login)
        assert snapshot is not None, "an account was lost"
        assert succeeded[snapshot.account_id] >= told.logins_of(person)
    assert lines(operator, IdpAuditKind.SIGN_IN).total() >= len(told.codes)


def assert_no_code_was_redeemed_twice(told: Told) -> None:
    assert set(told.codes.values()) == {1}, "a code was given to two"
    assert set(told.redeemed.values()) == {1}
    assert told.redeemed


def assert_sessions_are_open(told: Told, service: Service, *, begun_before: float) -> None:
    to_keep = [begun for begun in told.sessions if begun.at < begun_before]
    assert to_keep
    for begun in to_keep:
        page = begun.browser.visits(f"{service.issuer}/account")
        assert begun.person.family_name in page.text, page
