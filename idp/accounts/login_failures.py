"""Failed logins in the audit trail, in a bounded number.

Every wrong password that was verified has a line; the throttle limits how many there are. Attempts that the throttle
refuses have at most twenty lines a minute for each address.

A line names the account if it was found; otherwise it says that the username is unknown. Text that cannot be a
username is left out, since people type their password there by mistake.
"""

from datetime import timedelta
from enum import StrEnum

from card_bridge.verification.refusals import Refusal
from config.audit.trail import Audit, AuditEntry
from config.redis.rate_limits import Throttle
from idp.accounts.usernames import as_typed, is_username
from idp.audit_kinds import IdpAuditKind

MOST_LINES = 20
WINDOW = timedelta(minutes=1)


class Reason(StrEnum):
    """Why a login failed. The person does not learn which."""

    NOT_VERIFIED = "not verified"
    THROTTLED = "throttled"


_UNKNOWN = {Reason.NOT_VERIFIED: "unknown", Reason.THROTTLED: "not looked up"}


class CardLoginRefusal(StrEnum):
    """Why a login by card failed, when the card itself was believed or was not looked at yet.

    `card_bridge.verification` has the reasons for which a card is not believed.
    """

    THROTTLED = "throttled"
    CHALLENGE = "challenge"
    """The challenge has expired, was used, or is of another login, browser or purpose."""
    UNREADABLE = "unreadable"
    """The text is not a card assertion."""
    UNKNOWN_CARD = "unknown-card"
    OPERATOR_NEEDED = "operator-needed"
    ANOTHER_PERSON = "another-person"
    """The card is not of the account: its own, or that of the session that it would add a factor to."""
    ACCOUNT_DISABLED = "account-disabled"
    CARD_ENDED = "card-ended"


class LoginFailures:
    """Writes the audit lines."""

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
        """Write durably that a login failed. `account` is the account with the username `login`, if there is one."""
        if reason is Reason.THROTTLED and self._has_enough(address):
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

    def record_card(
        self,
        reason: CardLoginRefusal | Refusal,
        *,
        account: str | None = None,
        card: str | None = None,
        address: str,
        agent: str,
        application: str | None = None,
    ) -> None:
        """Write durably that a login by card failed. `card` is the number of a card that was believed."""
        if reason is CardLoginRefusal.THROTTLED and self._has_enough(address):
            return
        self._audit.record_durably(
            AuditEntry(
                kind=IdpAuditKind.LOGIN_REFUSED,
                account=account,
                application=application,
                method="sc pin",
                detail={"reason": reason, "page": "login"} | ({"card": card} if card else {}),
                address=address,
                agent=agent,
            )
        )

    def _has_enough(self, address: str) -> bool:
        """Whether the trail has this minute's lines of attempts that the throttle refused from this address."""
        return self._throttle.allow_address("refused-logins", address, limit=MOST_LINES, window=WINDOW) is not None
