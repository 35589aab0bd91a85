"""Changing a password with the present one, from the login page: counted, verified and told like a login.

Without the count, this page would be a second door on which to try passwords.
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
    """Changes of password by people who know the present one."""

    def __init__(self, passwords: Passwords, throttle: LoginThrottle, refused: LoginFailures) -> None:
        self._passwords = passwords
        self._throttle = throttle
        self._refused = refused

    def change(
        self, attempt: Attempt, *, current: str, new: str, agent: str
    ) -> Changed | NotVerified | PolicyFaults | RetryAfter:
        """Replace the password, or say why not; a wrong present password says no more than a refused login."""
        login, address = attempt.login, attempt.address
        reservation = self._throttle.reserve(attempt, is_busy=self._passwords.is_busy)
        if isinstance(reservation, RetryAfter):
            self._refused.record(Reason.THROTTLED, login=login, address=address, agent=agent, page=_PAGE)
            return reservation
        outcome = self._passwords.change(login, current, new, _entry(address, agent))
        if isinstance(outcome, NotVerified):
            self._refused.record(
                Reason.NOT_VERIFIED,
                login=login,
                account=outcome.account_id,
                address=address,
                agent=agent,
                page=_PAGE,
            )
        else:
            self._throttle.take_back(reservation)
        return outcome

    def renew(
        self, account_id: str, *, new: str, verified_since: datetime, address: str, agent: str
    ) -> Changed | NotVerified | PolicyFaults:
        """Replace the password of someone who has just logged in with it: there is nothing to guess, and no count.

        `verified_since` is the account's `valid_from` as the session has it.
        """
        return self._passwords.renew(account_id, new, _entry(address, agent), verified_since=verified_since)


def _entry(address: str, agent: str) -> AuditEntry:
    return AuditEntry(kind=IdpAuditKind.PASSWORD_CHANGED, address=address, agent=agent)
