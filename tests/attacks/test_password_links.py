"""Prevents: coming in by a link that was used, guessed, stolen from the store, or overtaken by events."""

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import pytest
from redis import Redis

from config.audit.trail import AuditEntry
from config.redis.connection import client_for
from idp.accounts.passwords.links import LinkSpent
from idp.accounts.passwords.passwords import Changed, NotVerified, Verified
from idp.audit_kinds import IdpAuditKind
from tests.builders.accounts import ADDRESS, ANOTHER_PASSWORD, PASSWORD, a_visit
from tests.builders.operators import OPERATOR

FROM = {"address": ADDRESS, "agent": "test"}
STOLEN = "Voleur-Patient-66!"


@pytest.fixture
def token(parts, jeanne_account) -> str:
    parts.links.send(jeanne_account.login, a_visit(ADDRESS))
    return parts.mailed_token()


def test_a_link_is_good_once(parts, token):
    assert isinstance(parts.links.use(token, ANOTHER_PASSWORD, **FROM), Changed)
    assert parts.links.open(token) is None
    assert parts.links.use(token, STOLEN, **FROM) == LinkSpent()
    assert parts.passwords.verify("jdupont", STOLEN) == NotVerified()


def test_of_many_who_race_with_one_link_one_wins(parts, token, store):
    nodes = [parts, parts.with_settings(store, password_hash_concurrency=4)] * 4
    chosen = [f"Concurrent-Numero-{number}7!" for number in range(len(nodes))]
    with ThreadPoolExecutor(len(nodes)) as pool:
        outcomes = list(
            pool.map(lambda node, link, new: node.links.use(link, new, **FROM), nodes, repeat(token), chosen)
        )
    winners = [new for outcome, new in zip(outcomes, chosen, strict=True) if isinstance(outcome, Changed)]
    assert len(winners) == 1
    assert outcomes.count(LinkSpent()) == len(nodes) - 1
    assert isinstance(parts.passwords.verify("jdupont", winners[0]), Verified)


def test_a_changed_password_voids_the_links_mailed_before(parts, token):
    parts.passwords.change("jdupont", PASSWORD, ANOTHER_PASSWORD, AuditEntry(kind=IdpAuditKind.PASSWORD_CHANGED))
    assert parts.links.open(token) is None
    assert parts.links.use(token, STOLEN, **FROM) == LinkSpent()


def test_using_one_link_voids_the_others(parts, jeanne_account, token):
    parts.links.send(jeanne_account.email, a_visit(ADDRESS))
    later = parts.mailed_token()
    assert later != token
    assert isinstance(parts.links.use(later, ANOTHER_PASSWORD, **FROM), Changed)
    assert parts.links.use(token, STOLEN, **FROM) == LinkSpent()


def test_a_disabled_account_is_not_opened_by_a_link_nor_when_it_is_enabled_again(parts, token):
    parts.service.disable("jdupont", actor=OPERATOR)
    assert parts.links.open(token) is None
    assert parts.links.use(token, STOLEN, **FROM) == LinkSpent()
    parts.service.enable("jdupont", actor=OPERATOR)
    assert parts.links.use(token, STOLEN, **FROM) == LinkSpent()


def test_neither_the_store_nor_the_outbox_holds_a_link(parts, jeanne_account, redis_url):
    parts.service.mail_link(jeanne_account, actor=OPERATOR)
    with parts.database.reading() as connection:
        outbox = repr(connection.exec_driver_sql("SELECT * FROM job").all())
    token = parts.mailed_token()
    with client_for(redis_url) as client:
        stored = "\n".join(everything_in(client))
    assert "password-link:" in stored
    assert token not in stored + outbox
    assert jeanne_account.email not in outbox


def everything_in(client: Redis) -> list[str]:
    keys = [key.decode() for key in client.keys("password-link:*")]
    return keys + [str(client.get(key)) for key in keys]


@pytest.mark.parametrize("guess", ["", "x", "../jdupont", "\x00", "a" * 10_000, "é", "\ud800"])
def test_a_guessed_link_opens_nothing(parts, token, guess):
    assert parts.links.open(guess) is None
    assert parts.links.use(guess, STOLEN, **FROM) == LinkSpent()


def test_a_link_is_too_long_to_guess(token):
    assert len(token) == 43  # 256 bits in base64url


def test_a_login_that_races_a_change_is_void(parts, jeanne_account):
    """Verified with the former password, answered after the change: its session is dated before `valid_from`."""
    verified = parts.passwords.verify("jdupont", PASSWORD)
    parts.passwords.change("jdupont", PASSWORD, ANOTHER_PASSWORD, AuditEntry(kind=IdpAuditKind.PASSWORD_CHANGED))
    assert verified.at < parts.as_it_stands(jeanne_account).valid_from
