"""Failed logins in the audit trail; a flood of guesses does not make a flood of lines.

Every wrong password that was verified has its line: the throttle bounds their
number. Attempts refused before verification have at most twenty lines a minute for
each address.

A line names the account only when it was found; otherwise it says that the username
is unknown. Text that cannot be a username is left out: people type their password
there by mistake.
"""

from datetime import timedelta
from enum import StrEnum

from config.audit.trail import Audit, AuditEntry
from config.redis.rate_limits import Throttle
from idp.accounts.usernames import as_typed, is_username
from idp.audit_kinds import IdpAuditKind

MOST_TOLD = 20
WINDOW = timedelta(minutes=1)


class Reason(StrEnum):
    """Why a login went no further; the person is never told which."""

    NOT_VERIFIED = "not verified"
    THROTTLED = "throttled"


_UNKNOWN = {Reason.NOT_VERIFIED: "unknown", Reason.THROTTLED: "not looked up"}


class LoginFailures:
    """Writes the lines."""

    def __init__(self, audit: Audit, throttle: Throttle) -> None:
        self._audit = audit
        self._throttle = throttle

    def record(
        self,
        reason: Reason,
        *,
        login: str,
        account: str | None = None,
        address: str,
        agent: str,
        page: str,
        application: str | None = None,
    ) -> None:
        """Write that `login` was refused, durable when this returns; `account` is whose it is, if it was found."""
        if reason is Reason.THROTTLED and self._throttle.allow_address(
            "refused-logins-told", address, limit=MOST_TOLD, window=WINDOW
        ):
            return
        self._audit.record_durably(
            AuditEntry(
                kind=IdpAuditKind.LOGIN_REFUSED,
                account=account,
                application=application,
                method="pwd",
                detail={"reason": reason, "page": page} | ({} if account else {"login": _UNKNOWN[reason]}),
                login=typed if is_username(typed := as_typed(login)) else None,
                address=address,
                agent=agent,
            )
        )
