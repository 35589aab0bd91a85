"""Challenges: the nonces that a service gives to cards, without keeping them.

A challenge holds the time and random octets, authenticated by a key of the service together with its purpose and with
what it was made for: a login in one browser, or the draft of one request. A stranger can request any number of
challenges and the service stores nothing. The service spends a challenge when a right signature of it arrives.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Self

from card_bridge.assertion import Purpose
from card_bridge.verification.record_kinds import CardRecord
from config.encryption import KeyEncryption
from config.redis.store import Store, fingerprint

LIFETIME: Final = timedelta(minutes=3)
"""How long a card may sign a challenge: the PIN is asked for at most one minute."""

_TIME, _RANDOM, _MAC = 5, 32, 32  # octets
_CLOCKS_DIFFER: Final = timedelta(seconds=10)  # at most, between the machines of one installation


@dataclass(frozen=True, slots=True)
class Challenges:
    """Makes and recognizes the challenges of one service.

    `keys` are secrets of at least 32 octets that all machines of the service share. The first makes challenges; each
    of them recognizes one, so that a key can be replaced while people log in.
    """

    keys: Sequence[bytes] = field(repr=False)

    @classmethod
    def of(cls, encryption: KeyEncryption) -> Self:
        """Those of the service that has these keys."""
        return cls([encryption.derived(key_id, "card challenges") for key_id in encryption.keys])

    def new(self, purpose: Purpose, *, bound_to: str, now: datetime) -> str:
        """A nonce of 256 random bits, of 92 characters of base64url (RFC 4648 section 5).

        `bound_to` identifies the login or the draft; it is not part of the nonce.
        """
        content = int(now.timestamp()).to_bytes(_TIME, "big") + secrets.token_bytes(_RANDOM)
        mac = _mac(self.keys[0], content, purpose, bound_to)
        return base64.urlsafe_b64encode(content + mac).decode("ascii")

    def recognizes(self, nonce: str, purpose: Purpose, *, bound_to: str, now: datetime) -> bool:
        """Whether `nonce` is a challenge of this service for this purpose and `bound_to`, not older than `LIFETIME`."""
        try:
            octets = base64.b64decode(nonce.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return False
        if len(octets) != _TIME + _RANDOM + _MAC:
            return False
        content, mac = octets[: _TIME + _RANDOM], octets[_TIME + _RANDOM :]
        if not any(hmac.compare_digest(mac, _mac(key, content, purpose, bound_to)) for key in self.keys):
            return False
        age = now - datetime.fromtimestamp(int.from_bytes(content[:_TIME], "big"), UTC)
        return -_CLOCKS_DIFFER <= age <= LIFETIME

    def spend(self, nonce: str, *, store: Store) -> bool:
        """Spend a recognized challenge that a card has signed: False if it was spent before."""
        return store.add_once(CardRecord.CHALLENGE, fingerprint(nonce), lifetime=2 * LIFETIME)


def _mac(key: bytes, content: bytes, purpose: Purpose, bound_to: str) -> bytes:
    return hmac.digest(key, content + purpose.value.encode() + b"\0" + bound_to.encode(), sha256)
