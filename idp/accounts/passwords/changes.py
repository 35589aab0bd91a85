"""The change of a password by the current one, throttled and audited like a login.

Otherwise the page would be a second place to guess passwords.
"""

from datetime import datetime

from config.audit.trail import AuditEntry
from config.redis.rate_limits import RetryAfter
from idp.accounts.login_failures import LoginFailures, Reason
from idp.accounts.login_throttle import Attempt, LoginThrottle
from idp.accounts.passwords.passwords import Changed, NotVerified, Passwords, PolicyFaults
from idp.audit_kinds import IdpAuditKind

_PAGE = "password change"


class PasswordChanges:
    """Changes passwords for people who know the current one."""

    def __init__(self, passwords: Passwords, throttle: LoginThrottle, failures: LoginFailures) -> None:
        self._passwords = passwords
        self._throttle = throttle
        self._failures = failures

    def change(
        self, attempt: Attempt, *, current: str, new: str, agent: str
    ) -> Changed | NotVerified | PolicyFaults | RetryAfter:
        """Replace the password. A wrong current password gives the same result as an unknown login."""
        login, address = attempt.login, attempt.address
        reservation = self._throttle.reserve(attempt, is_busy=self._passwords.is_busy)
        if isinstance(reservation, RetryAfter):
            self._failures.record(Reason.THROTTLED, login=login, address=address, agent=agent, page=_PAGE)
            return reservation
        outcome = self._passwords.change(login, current, new, _entry(address, agent))
        if isinstance(outcome, NotVerified):
            self._failures.record(
                Reason.NOT_VERIFIED,
                login=login,
                account=outcome.account_id,
                address=address,
                agent=agent,
                page=_PAGE,
            )
        else:
            self._throttle.release(reservation)
        return outcome

    def renew(
        self, account_id: str, *, new: str, verified_since: datetime, address: str, agent: str
    ) -> Changed | NotVerified | PolicyFaults:
        """Replace the password of a person who has just logged in with it; the throttle does not count this.

        `verified_since` is the account's `valid_from` in the session.
        """
        return self._passwords.renew(account_id, new, _entry(address, agent), verified_since=verified_since)


def _entry(address: str, agent: str) -> AuditEntry:
    return AuditEntry(kind=IdpAuditKind.PASSWORD_CHANGED, address=address, agent=agent)
