"""Filling the audit trail: a flood of attempts must not become a flood of lines."""

from sqlalchemy import func, select

from config.audit.trail import Audit, AuditEvent
from config.redis.rate_limits import Throttle
from config.redis.store import Store
from config.sql.database import Database
from idp.accounts.login_failures import MOST_LINES, LoginFailures, Reason


def lines(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(AuditEvent)).scalar_one()


def test_attempts_that_were_not_even_verified_are_told_so_many_a_minute(database: Database, store: Store) -> None:
    refused = LoginFailures(Audit(database), Throttle(store))

    for number in range(5 * MOST_LINES):
        refused.record(Reason.THROTTLED, login=f"guess{number}", address="192.0.2.1", agent="", page="login")

    assert lines(database) == MOST_LINES


def test_each_password_that_was_verified_and_found_wrong_is_told(database: Database, store: Store) -> None:
    refused = LoginFailures(Audit(database), Throttle(store))

    for number in range(2 * MOST_LINES):
        refused.record(Reason.NOT_VERIFIED, login=f"guess{number}", address="192.0.2.1", agent="", page="login")

    assert lines(database) == 2 * MOST_LINES


def test_one_address_does_not_silence_another(database: Database, store: Store) -> None:
    refused = LoginFailures(Audit(database), Throttle(store))
    for number in range(2 * MOST_LINES):
        refused.record(Reason.THROTTLED, login=f"guess{number}", address="192.0.2.1", agent="", page="login")

    refused.record(Reason.THROTTLED, login="jdupont", address="198.51.100.7", agent="", page="login")

    assert lines(database) == MOST_LINES + 1
