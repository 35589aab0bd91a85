"""An index from a card's presence token to the session that the card opened.

The card software of a workstation makes a token for each signature, and has the card sign its hash with the challenge
(`card_bridge/assertion.py`). When the card leaves the reader, the software sends the token. Nobody else knows it, so a
token tells us of no session but those whose login had its hash.
"""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from config.redis.store import Put, Store
from idp.record_kinds import IdpRecord


class CardPresences:
    """Writes and reads the index."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, presence: bytes, sid: str, *, lifetime: timedelta) -> Put:
        """The entry for the hash that the card has signed; another session of the same hash keeps its own."""
        return Put(kind=IdpRecord.CARD_PRESENCE, identifier=presence.hex(), field=sid, value={}, lifetime=lifetime)

    def sids(self, token: bytes) -> Sequence[str]:
        """The sids of the sessions whose card signed the hash of this token."""
        return sorted(self._store.fields(IdpRecord.CARD_PRESENCE, sha256(token).hexdigest()))
