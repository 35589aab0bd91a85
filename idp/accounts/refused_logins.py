"""Logins that were refused, told to the audit trail, of which a flood of guesses must not make a flood of lines.

Every password that was verified and found wrong has its line: the throttle bounds
them. Attempts that were not even verified are told so many a minute for each
address; the wait itself says that there were more.
"""

from datetime import timedelta
from enum import StrEnum

from config.audit import Audit, AuditKind, Entry
from config.throttle import Throttle, places

MOST_TOLD = 20
WINDOW = timedelta(minutes=1)


class Reason(StrEnum):
    """Why a login went no further; the person is never told which."""

    NOT_VERIFIED = "not verified"
    THROTTLED = "throttled"


class RefusedLogins:
    """Writes the lines."""

    def __init__(self, audit: Audit, throttle: Throttle) -> None:
        self._audit = audit
        self._throttle = throttle

    def tell(
        self, reason: Reason, *, login: str, address: str, agent: str, page: str, application: str | None = None
    ) -> None:
        """Write that `login` was refused, durable when this returns."""
        if reason is Reason.THROTTLED:
            one, _ = places(address)
            if self._throttle.allow("refused-logins-told", one, limit=MOST_TOLD, window=WINDOW):
                return
        self._audit.record_now(
            Entry(
                kind=AuditKind.LOGIN_REFUSED,
                application=application,
                method="pwd",
                detail={"reason": reason, "page": page},
                login=login,
                address=address,
                agent=agent,
            )
        )
