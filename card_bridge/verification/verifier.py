"""Decides whether a card assertion is believed: the checks in their order, one reason for each.

The challenge is not here: the service that made the nonce takes it, once, before it calls `verify`.
"""

from datetime import datetime, timedelta
from typing import Protocol

from card_bridge.assertion import CardAssertion, Purpose
from card_bridge.identity import CardIdentity


class CardVerifier(Protocol):
    """Verifies what a card has signed."""

    def verify(
        self,
        assertion: CardAssertion,
        *,
        purpose: Purpose,
        origin: str,
        nonce: str,
        now: datetime,
        grace: timedelta = timedelta(),
    ) -> CardIdentity:
        """The identity that a card has proved for this purpose, origin and nonce.

        Args:
            origin: our own configured origin, never one that a request names.
            grace: how long after its end revocation information still counts, by the policy of the application. Where
                the grace was needed, `CardIdentity.revocation_is_stale` is true.

        Raises:
            CardRefused: the first check that failed.
        """
        ...

    def verify_certificate(self, der: bytes, *, now: datetime, grace: timedelta = timedelta()) -> CardIdentity:
        """The identity of a certificate whose key TLS has proved already.

        Raises:
            CardRefused: as `verify`, but for the signature.
        """
        ...
