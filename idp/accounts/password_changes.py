"""Changing a password with the present one, from the login page: counted, verified and told like a login.

Without the count, this page would be a second door on which to try passwords.
"""

from config.audit import Audit, AuditKind, Entry
from config.throttle import LoginThrottle, Wait
from idp.accounts.passwords import Changed, NotVerified, Passwords, PolicyFaults


class PasswordChanges:
    """Changes of password by people who know the present one."""

    def __init__(self, passwords: Passwords, throttle: LoginThrottle, audit: Audit) -> None:
        self._passwords = passwords
        self._throttle = throttle
        self._audit = audit

    def change(
        self, *, login: str, current: str, new: str, address: str, agent: str
    ) -> Changed | NotVerified | PolicyFaults | Wait:
        """Replace the password, or say why not; a wrong present password says no more than a refused login."""
        if wait := self._throttle.reserve(login=login, address=address):
            self._refused(login, address, agent, reason="throttled")
            return wait
        entry = Entry(kind=AuditKind.PASSWORD_CHANGED, address=address, agent=agent)
        outcome = self._passwords.change(login, current, new, entry)
        if isinstance(outcome, NotVerified):
            self._refused(login, address, agent, reason="not verified")
        else:
            self._throttle.succeeded(login=login, address=address)
        return outcome

    def _refused(self, login: str, address: str, agent: str, *, reason: str) -> None:
        self._audit.record_now(
            Entry(
                kind=AuditKind.LOGIN_REFUSED,
                method="pwd",
                detail={"reason": reason, "page": "password change"},
                login=login,
                address=address,
                agent=agent,
            )
        )
