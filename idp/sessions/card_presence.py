"""An index from a card's presence token to the session that the card opened.

The card software of a workstation makes a token for each signature, and has the card sign its hash with the challenge
(`card_bridge/assertion.py`). When the card leaves the reader, the software sends the token. Nobody else knows it, so a
token tells us of no session but those whose login had its hash.

A token counts once. A card may be pulled as soon as it has signed, before its login has opened a session: the removal
is kept until such a login can no longer end.
"""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Final

from config.redis.store import Put, Store
from idp.record_kinds import IdpRecord

_LOGIN_ENDS_WITHIN: Final = timedelta(minutes=5)
"""After the signature: a challenge lives three minutes, and the handle of a hand-off two."""


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

    def note_removed(self, token: bytes) -> None:
        """Keep that the card was pulled, for a login that has not opened its session yet."""
        self._store.put(IdpRecord.CARD_REMOVED, sha256(token).hexdigest(), {}, lifetime=_LOGIN_ENDS_WITHIN)

    def was_removed(self, presence: bytes) -> bool:
        """Whether the card that has signed this hash was pulled since, in the last minutes."""
        return self._store.get(IdpRecord.CARD_REMOVED, presence.hex()) is not None

    def forget(self, token: bytes) -> None:
        """The sessions of this token know of the removal."""
        self._store.delete((IdpRecord.CARD_PRESENCE, sha256(token).hexdigest()))
