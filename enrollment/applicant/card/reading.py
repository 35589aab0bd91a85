"""From what a card has signed to its identity. Enrollment makes the challenge; the identity provider believes the card.

A challenge belongs to one draft, and is stored nowhere before it is used. It is spent when a right signature of it
arrives, so a wrong one does not spend the challenge of a person.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from card_bridge.assertion import Purpose
from card_bridge.identity import CardIdentity
from card_bridge.verification.challenges import Challenges
from card_bridge.verification.hand_offs import SignedChallenge
from config.redis.rate_limits import Throttle
from config.redis.store import Store
from enrollment.idp_client import CardRefusedByIdp, IdpClient, IdpRefused, IdpUnavailable

READ_AT_MOST: Final = 30
"""How many times an hour the card of one request is looked at."""


class CardNotRead(Exception):
    """The card gave no identity. `code` names the sentence for the person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CardReadings:
    """Makes challenges, and has what cards sign verified."""

    def __init__(
        self, *, idp: IdpClient, challenges: Challenges, store: Store, throttle: Throttle, origin: str
    ) -> None:
        """`origin` is enrollment's own, which the card must have signed."""
        self._idp = idp
        self._challenges = challenges
        self._store = store
        self._throttle = throttle
        self._origin = origin

    def challenge(self, request_id: str) -> str:
        """A challenge for the card of this draft."""
        return self._challenges.new(Purpose.ENROLLMENT, bound_to=request_id, now=datetime.now(UTC))

    def read(self, request_id: str, signed: SignedChallenge) -> CardIdentity:
        """The identity of the card that has signed a challenge of this draft.

        Raises:
            CardNotRead
        """
        if self._throttle.allow("card.read", request_id, limit=READ_AT_MOST, window=timedelta(hours=1)):
            raise CardNotRead("card.too-often")
        now = datetime.now(UTC)
        if not self._challenges.recognizes(signed.nonce, Purpose.ENROLLMENT, bound_to=request_id, now=now):
            raise CardNotRead("card.challenge")
        try:
            card = self._idp.read_card(signed.assertion, nonce=signed.nonce, origin=self._origin)
        except CardRefusedByIdp as refused:
            raise CardNotRead(f"card.{refused.reason}") from None
        except IdpRefused:
            raise CardNotRead("card.unreadable") from None
        except IdpUnavailable:
            raise CardNotRead("card.unavailable") from None
        if not self._challenges.spend(signed.nonce, store=self._store):
            raise CardNotRead("card.challenge")
        if card.opens_account:
            raise CardNotRead("card.has-account")
        return card.identity
