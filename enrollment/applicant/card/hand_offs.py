"""Tickets and handles: how a draft leaves the browser's page for the card software, and comes back.

A ticket is made by the person's own page, and names the draft to the card software. The assertion that the software
gives becomes a handle, with which the browser returns. Both are random, stored as a hash, and used once. A handle is
found only in the browser that has the draft: an attacker who has somebody else's card sign for the attacker's draft
obtains nothing, in neither browser.
"""

import secrets
from datetime import timedelta
from typing import Final

from config.redis.store import Store, fingerprint
from enrollment.applicant.card.reading import SignedChallenge
from enrollment.record_kinds import EnrollmentRecord

TICKET_LIFETIME: Final = timedelta(minutes=5)
HANDLE_LIFETIME: Final = timedelta(minutes=2)


class CardHandOffs:
    """The tickets and the handles. `browser` is the key of the draft, as the browser's cookie has it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def make_ticket(self, request_id: str, *, browser: str) -> str:
        """A ticket of 43 characters, good for five minutes."""
        token = secrets.token_urlsafe(32)
        record = {"request": request_id, "browser": fingerprint(browser)}
        self._store.put(EnrollmentRecord.CARD_TICKET, fingerprint(token), record, lifetime=TICKET_LIFETIME)
        return token

    def request_of(self, token: str) -> str | None:
        """The request that the ticket names; None if the ticket is unknown, expired or used."""
        record = self._store.get(EnrollmentRecord.CARD_TICKET, fingerprint(token))
        return None if record is None else str(record["request"])

    def give_challenge(self, token: str, nonce: str) -> bool:
        """Note the challenge that the card software is given, in the place of an earlier one after a wrong PIN.

        False if the ticket is unknown, expired or used.
        """
        record = self._store.get(EnrollmentRecord.CARD_TICKET, fingerprint(token))
        if record is None:
            return False
        return self._store.replace(EnrollmentRecord.CARD_TICKET, fingerprint(token), record, record | {"nonce": nonce})

    def take_assertion(self, token: str, assertion: str) -> str | None:
        """Spend the ticket and keep the assertion: the handle with which the browser returns.

        None if the ticket is unknown, expired or used, or its challenge was never given.
        """
        record = self._store.take(EnrollmentRecord.CARD_TICKET, fingerprint(token))
        if record is None or "nonce" not in record:
            return None
        handle = secrets.token_urlsafe(32)
        key = _key(handle, record["request"], record["browser"])
        kept = {"assertion": assertion, "nonce": record["nonce"]}
        self._store.put(EnrollmentRecord.CARD_HANDLE, key, kept, lifetime=HANDLE_LIFETIME)
        return handle

    def take(self, handle: str, request_id: str, *, browser: str) -> SignedChallenge | None:
        """Spend a handle of this draft in this browser. That of another draft or browser is not found."""
        record = self._store.take(EnrollmentRecord.CARD_HANDLE, _key(handle, request_id, fingerprint(browser)))
        return None if record is None else SignedChallenge(record["assertion"], record["nonce"])


def _key(handle: str, request_id: str, browser: str) -> str:
    return fingerprint("\n".join((request_id, browser, handle)))
