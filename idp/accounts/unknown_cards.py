"""Cards that no account knows, on their way from the login page to a request for an account.

The holder has proved the card in this browser, and does not prove it again at enrollment. The identity waits here under
the browser that proved it, and under a token that only the page of the refusal has: for one minute, until its button is
pressed, then for the five minutes in which the conditions of use are read. A login or a logout in the browser ends it.
So the next person at a shared workstation does not find it, neither by chance nor by typing an address.

The same browser fetches a handle for one draft of enrollment, and enrollment redeems the handle for the draft of the
browser that brings it. So a card is never planted in the request of another person: neither a link nor a handle that
an attacker sends counts in another browser.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from card_bridge.identity import CardIdentity
from config.redis.store import Record, Store, fingerprint
from idp.record_kinds import IdpRecord

PRESSED_WITHIN: Final = timedelta(minutes=1)
KEPT_FOR: Final = timedelta(minutes=5)
HANDLE_LIFETIME: Final = timedelta(minutes=2)
_OF_THE_WAY: Final = frozenset({"token", "state", "expires_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserState:
    """A browser, and the cookies that each login and each logout there changes."""

    identifier: str = field(repr=False)
    cookies: str = field(repr=False)


class UnknownCards:
    """The identities that wait, and the handles."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def remember(self, identity: CardIdentity, *, browser: BrowserState) -> str:
        """Keep the identity for the browser that has just proved it, in place of an earlier one.

        Returns:
            The token for the page of the refusal.
        """
        token = secrets.token_urlsafe(32)
        waiting = {"token": fingerprint(token), "state": fingerprint(browser.cookies)}
        record = identity.as_record() | waiting
        self._store.put(IdpRecord.UNKNOWN_CARD, fingerprint(browser.identifier), record, lifetime=PRESSED_WITHIN)
        return token

    def prolong(self, token: str, *, browser: BrowserState) -> bool:
        """The button of the page was pressed: keep the identity while its holder reads on. False when none waits."""
        record = self._waiting(token, browser)
        key = fingerprint(browser.identifier)
        return record is not None and self._store.replace(
            IdpRecord.UNKNOWN_CARD, key, record, record, lifetime=KEPT_FOR
        )

    def hand_over(self, token: str, *, browser: BrowserState, draft: str) -> str | None:
        """A handle for this draft of enrollment, once; None when no card waits in this browser under this token."""
        if self._waiting(token, browser) is None:
            return None
        record = self._store.take(IdpRecord.UNKNOWN_CARD, fingerprint(browser.identifier))
        if record is None or record["token"] != fingerprint(token):  # another card was proved at this very moment
            return None
        handle = secrets.token_urlsafe(32)
        self._store.put(IdpRecord.UNKNOWN_CARD_HANDLE, _key(handle, draft), _identity(record), lifetime=HANDLE_LIFETIME)
        return handle

    def redeem(self, handle: str, *, draft: str) -> CardIdentity | None:
        """The identity behind a handle of this draft, once; None for any other."""
        record = self._store.take(IdpRecord.UNKNOWN_CARD_HANDLE, _key(handle, draft))
        return None if record is None else CardIdentity.of_record(_identity(record))

    def _waiting(self, token: str, browser: BrowserState) -> Record | None:
        """What waits under this token, unless somebody has logged in or out in the browser since."""
        record = self._store.get(IdpRecord.UNKNOWN_CARD, fingerprint(browser.identifier))
        if record is None or record["token"] != fingerprint(token):
            return None
        return record if record["state"] == fingerprint(browser.cookies) else None


def _identity(record: Record) -> Record:
    return {name: value for name, value in record.items() if name not in _OF_THE_WAY}


def _key(handle: str, draft: str) -> str:
    return fingerprint(f"{draft}\n{handle}")
