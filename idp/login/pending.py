"""Logins begun and not finished: in Redis, one a tab, each with its own address.

The address is the secret: it is stored as a fingerprint, and the record belongs
to the first browser that opens it. It also names the application, so that the
way back is known even after the record has gone. A login is answered once.
"""

import secrets
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from config.store import Kind, Store, fingerprint
from config.throttle import Throttle, Wait, places
from idp.login.request import LoginRequest

LONGEST_MESSAGE = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogin:
    """A login begun for `message`, spoken in `protocol`, as it stands now."""

    identifier: str
    protocol: str
    message: str
    received_at: float
    expires_at: float = 0.0
    browser: str = ""
    recognised: bool = False
    answered: bool = False

    @property
    def began_at(self) -> datetime:
        return datetime.fromtimestamp(self.received_at, UTC)

    def belongs_to(self, browser: str) -> bool:
        return bool(self.browser) and secrets.compare_digest(self.browser, fingerprint(browser))


def application_named_in(identifier: str) -> str:
    """The identifier of the application in a pending login's address, whatever has become of the record."""
    return identifier.partition(":")[0]


class PendingLogins:
    """The logins begun and not finished."""

    def __init__(self, store: Store, throttle: Throttle, *, lifetime: timedelta, most_per_prefix: int) -> None:
        self._store = store
        self._throttle = throttle
        self._lifetime = lifetime
        self._most_per_prefix = most_per_prefix

    @property
    def lifetime(self) -> timedelta:
        return self._lifetime

    def begin(self, request: LoginRequest, *, address: str) -> str | Wait:
        """Keep `request` until someone answers it; its identifier goes into the address `/login/<identifier>`.

        Strangers begin logins too: so many from one network, and then they wait, or they would fill the store.
        """
        if wait := self.count_one(address=address):
            return wait
        application = request.application.identifier if request.application else ""
        identifier = f"{application}:{secrets.token_urlsafe(24)}"
        pending = PendingLogin(
            identifier=identifier,
            protocol=request.protocol,
            message=request.message,
            received_at=request.received_at.timestamp(),
        )
        self._store.put(Kind.PENDING, fingerprint(identifier), _record(pending), lifetime=self._lifetime)
        return identifier

    def count_one(self, *, address: str) -> Wait | None:
        """Count a login begun, or what else a stranger's request leaves for as long; or say how long to wait."""
        _, prefix = places(address)
        return self._throttle.allow("pending-logins", prefix, limit=self._most_per_prefix, window=self._lifetime)

    def find(self, identifier: str) -> PendingLogin | None:
        record = self._store.get(Kind.PENDING, fingerprint(identifier))
        return None if record is None else _pending(identifier, record)

    def claim(self, pending: PendingLogin, browser: str) -> PendingLogin | None:
        """Bind to the browser that opens it first; None when another one was faster."""
        return self._become(pending, browser=fingerprint(browser))

    def recognise(self, pending: PendingLogin) -> PendingLogin | None:
        """Remember that the person said: this is me."""
        return self._become(pending, recognised=True)

    def answer(self, pending: PendingLogin) -> bool:
        """Whether this call is the one that may answer; the record stays, to lead a second one back."""
        return self._become(pending, answered=True) is not None

    def give_back(self, pending: PendingLogin) -> None:
        """It could not be answered after all: whoever owns it goes on."""
        if (now := self.find(pending.identifier)) is not None and now.answered:
            self._become(now, answered=False)

    def prolong(self, pending: PendingLogin) -> bool:
        """Give the person the whole time again (WCAG 2.2.1)."""
        return self._become(pending) is not None

    def _become(self, pending: PendingLogin, **changes: Any) -> PendingLogin | None:
        changed = replace(pending, **changes)
        done = self._store.replace(
            Kind.PENDING, fingerprint(pending.identifier), _record(pending), _record(changed), lifetime=self._lifetime
        )
        return changed if done else None


def _record(pending: PendingLogin) -> dict[str, Any]:
    record = asdict(pending)
    del record["identifier"]
    return record


def _pending(identifier: str, record: dict[str, Any]) -> PendingLogin:
    return PendingLogin(identifier=identifier, **record)
