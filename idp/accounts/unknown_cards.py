"""Cards that no account knows, on their way from the login page to a request for an account.

The holder has proved the card in this browser, and does not prove it again at enrollment. The identity waits here for
five minutes, under the browser that proved it. The same browser fetches a handle for one draft of enrollment, and
enrollment redeems the handle for the draft of the browser that brings it. So a card is never planted in the request of
another person: neither a link nor a handle that an attacker sends counts in another browser.
"""

import secrets
from datetime import timedelta
from typing import Final

from card_bridge.identity import CardIdentity
from config.redis.store import Store, fingerprint
from idp.record_kinds import IdpRecord

KEPT_FOR: Final = timedelta(minutes=5)
HANDLE_LIFETIME: Final = timedelta(minutes=2)


class UnknownCards:
    """The identities that wait, and the handles."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def remember(self, identity: CardIdentity, *, browser: str) -> None:
        """Keep the identity for the browser that has just proved it, in place of an earlier one."""
        self._store.put(IdpRecord.UNKNOWN_CARD, fingerprint(browser), identity.as_record(), lifetime=KEPT_FOR)

    def hand_over(self, *, browser: str, draft: str) -> str | None:
        """A handle for this draft of enrollment, once; None when no card waits for the browser."""
        record = self._store.take(IdpRecord.UNKNOWN_CARD, fingerprint(browser))
        if record is None:
            return None
        handle = secrets.token_urlsafe(32)
        self._store.put(IdpRecord.UNKNOWN_CARD_HANDLE, _key(handle, draft), record, lifetime=HANDLE_LIFETIME)
        return handle

    def redeem(self, handle: str, *, draft: str) -> CardIdentity | None:
        """The identity behind a handle of this draft, once; None for any other."""
        record = self._store.take(IdpRecord.UNKNOWN_CARD_HANDLE, _key(handle, draft))
        if record is None:
            return None
        del record["expires_at"]
        return CardIdentity.of_record(record)


def _key(handle: str, draft: str) -> str:
    return fingerprint(f"{draft}\n{handle}")
