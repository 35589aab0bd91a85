"""What a card says of its holder who asks for an account.

`POST /api/cards`: a card that has signed a challenge of enrollment.
`POST /api/cards/known`: a card that was proved at the login page a moment ago, and that no account knows.

Enrollment makes the challenge and takes it back once; it trusts no authority of cards, so it asks here whether the
card is believed. Only a signature for enrollment's own address and purpose is: enrollment can have nothing verified
that was signed for a login.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from card_bridge.assertion import (
    LARGEST_ASSERTION,
    LONGEST_NONCE,
    SHORTEST_NONCE,
    AssertionMalformed,
    CardAssertion,
    Purpose,
)
from card_bridge.identity import CardIdentity
from card_bridge.verification.refusals import CardRefused, Refusal
from card_bridge.verification.verifier import CardVerifier
from config.audit.trail import Audit, AuditEntry
from config.redis.rate_limits import Throttle
from idp.accounts.request_cards import RequestCards
from idp.accounts.unknown_cards import UnknownCards
from idp.api.fields import Members
from idp.api.problems import body_problem
from idp.audit_kinds import IdpAuditKind

MOST_REFUSALS = 60
"""How many lines of the audit trail an hour each reason of a refusal has."""
_HOUR = timedelta(hours=1)
_LONGEST_ORIGIN = 300
_LONGEST_NAME = 64  # characters of a handle, and of the name of a draft


class CardReadings:
    """Verifies the assertions that enrollment passes on."""

    def __init__(
        self,
        verifier: CardVerifier,
        cards: RequestCards,
        unknown_cards: UnknownCards,
        audit: Audit,
        throttle: Throttle,
        *,
        account_request_url: str,
    ) -> None:
        """`account_request_url` is the address of enrollment in the settings; its origin is what cards must sign."""
        parts = urlsplit(account_request_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._verifier = verifier
        self._cards = cards
        self._unknown_cards = unknown_cards
        self._audit = audit
        self._throttle = throttle

    def post(self, body: Members) -> dict[str, Any]:
        """The identity of the card, or the reason for which it is refused.

        Raises:
            ApiProblem: 422.
        """
        text = body.text("assertion", longest=LARGEST_ASSERTION, least=1)
        nonce = body.text("nonce", longest=LONGEST_NONCE, least=1)
        origin = body.text("origin", longest=_LONGEST_ORIGIN, least=1)
        body.refuse_unknown()
        if origin and origin != self._origin:
            body.refuse("origin", f"must be {self._origin}, as account_request_url of the identity provider has it")
        if nonce and len(nonce) < SHORTEST_NONCE:
            body.refuse("nonce", f"must have {SHORTEST_NONCE} characters or more")
        assertion = _parsed(body, text)
        if assertion is None or body.problems:
            raise body_problem(body.problems)
        try:
            identity = self._verifier.verify(
                assertion, purpose=Purpose.ENROLLMENT, origin=self._origin, nonce=nonce, now=datetime.now(UTC)
            )
        except CardRefused as refused:
            self._record_refusal(refused.reason)
            return {"refusal": refused.reason.value}
        return {"identity": self._read(identity), "opens_account": self._cards.opens_account(identity)}

    def post_known(self, body: Members) -> dict[str, Any]:
        """The identity behind a handle of this draft, once; null for any other (`idp/accounts/unknown_cards.py`).

        Raises:
            ApiProblem: 422.
        """
        handle, draft = (body.text(name, longest=_LONGEST_NAME, least=1) for name in ("handle", "draft"))
        body.raise_problems()
        identity = self._unknown_cards.redeem(handle, draft=draft)
        return {"identity": None if identity is None else self._read(identity)}

    def _read(self, identity: CardIdentity) -> dict[str, str]:
        self._cards.record_reading(identity)
        self._audit.record_durably(AuditEntry(kind=IdpAuditKind.CARD_READ, detail={"card": identity.serial}))
        return identity.as_record()

    def _record_refusal(self, reason: Refusal) -> None:
        """Write that a card was refused, so many times an hour: strangers may have as many refused as they like."""
        if self._throttle.allow("api.card-refusals", reason, limit=MOST_REFUSALS, window=_HOUR) is None:
            self._audit.record_durably(AuditEntry(kind=IdpAuditKind.CARD_READ, detail={"refusal": reason.value}))


def _parsed(body: Members, text: str) -> CardAssertion | None:
    if not text:
        return None
    try:
        return CardAssertion.parse(text)
    except AssertionMalformed as malformed:
        body.refuse("assertion", str(malformed))
        return None
