"""From what a card has given to the account that it logs in to: the same steps for the three doors.

An attempt counts as failed for its address and network before it is looked at, as any attempt to log in, and the
count is released when it succeeds. A challenge is spent when a right signature of it arrives; so a wrong signature
does not spend the challenge of a person, and a right one counts once.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from card_bridge.assertion import AssertionMalformed, CardAssertion
from card_bridge.identity import CardIdentity
from card_bridge.verification.challenges import Challenges
from card_bridge.verification.hand_offs import Handed, SignedChallenge, TlsCertificate
from card_bridge.verification.refusals import CardRefused, Refusal
from card_bridge.verification.verifier import CardVerifier
from config.redis.rate_limits import RetryAfter
from config.redis.store import Store
from idp.accounts.cards import AnotherPerson, Bound, Cards, Disabled, Ended, FoundAccount, NeedsOperator, Unknown
from idp.accounts.login_failures import CardLoginRefusal, LoginFailures
from idp.accounts.login_throttle import LoginThrottle
from idp.accounts.snapshot import AccountSnapshot
from idp.login.methods.base import Proof
from idp.login.methods.card.factor import CARD
from idp.web.client_info import ClientInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What a card has given in one login, and who presents it.

    `grace` is the application's for revocation information that has ended. `expected_account` is the account to which
    the card adds a factor; None where it may be anyone's.
    """

    handed: Handed
    flow_id: str
    application: str
    grace: timedelta
    client: ClientInfo
    browser: str
    expected_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The card does not log in. `identity` is that of a card that was believed, `account` the id of its account."""

    reason: Refusal | CardLoginRefusal
    identity: CardIdentity | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class _Believed:
    """A card that was verified. `presence` is the hash of its presence token; empty where none watches the card."""

    identity: CardIdentity
    presence: bytes = b""


class CardProofs:
    """Makes proofs of what cards give."""

    def __init__(
        self,
        *,
        verifier: CardVerifier,
        cards: Cards,
        challenges: Challenges,
        store: Store,
        throttle: LoginThrottle,
        failures: LoginFailures,
        origin: str,
    ) -> None:
        """`origin` is our own, which the card must have signed."""
        self._verifier = verifier
        self._cards = cards
        self._challenges = challenges
        self._store = store
        self._throttle = throttle
        self._failures = failures
        self._origin = origin

    def prove(self, presented: Presented) -> Proof | Refused | RetryAfter:
        """The proof that the card's holder authenticated just now, or why the card does not log in."""
        reservation = self._throttle.reserve_unnamed(address=presented.client.address, client=presented.browser)
        if isinstance(reservation, RetryAfter):
            self._record(presented, Refused(reason=CardLoginRefusal.THROTTLED))
            return reservation
        proof = self._proof(presented, datetime.now(UTC))
        if isinstance(proof, Refused):
            self._record(presented, proof)
        else:
            self._throttle.release(reservation)
        return proof

    def _proof(self, presented: Presented, now: datetime) -> Proof | Refused:
        believed = self._believe(presented, now)
        if isinstance(believed, Refused):
            return believed
        account = self._account_of(presented, believed.identity)
        if isinstance(account, Refused):
            return account
        return Proof(
            account_id=account.account_id,
            login=account.login,
            factor=replace(CARD.achieved(now), revocation_ended_at=believed.identity.revocation_ended_at),
            account_valid_from=account.valid_from,
            card_presence=believed.presence,
        )

    def _believe(self, presented: Presented, now: datetime) -> _Believed | Refused:
        try:
            match presented.handed.evidence:
                case TlsCertificate(der):
                    return _Believed(self._verifier.verify_certificate(der, now=now, grace=presented.grace))
                case SignedChallenge(assertion, nonce):
                    return self._believe_signature(presented, CardAssertion.parse(assertion), nonce, now)
        except AssertionMalformed:
            return Refused(reason=CardLoginRefusal.UNREADABLE)
        except CardRefused as refused:
            return Refused(reason=refused.reason)

    def _believe_signature(
        self, presented: Presented, assertion: CardAssertion, nonce: str, now: datetime
    ) -> _Believed | Refused:
        purpose = presented.handed.purpose
        if not self._challenges.recognizes(nonce, purpose, bound_to=presented.flow_id, now=now):
            return Refused(reason=CardLoginRefusal.CHALLENGE)
        identity = self._verifier.verify(
            assertion, purpose=purpose, origin=self._origin, nonce=nonce, now=now, grace=presented.grace
        )
        if not self._challenges.spend(nonce, store=self._store):
            return Refused(reason=CardLoginRefusal.CHALLENGE, identity=identity)
        return _Believed(identity, assertion.presence)

    def _account_of(self, presented: Presented, identity: CardIdentity) -> AccountSnapshot | Refused:
        found = self._cards.find_account(identity, application=presented.application or None)
        if not isinstance(found, Bound):
            account = found.account_id if isinstance(found, Disabled) else None
            return Refused(reason=_reason(found), identity=identity, account=account)
        if presented.expected_account not in (None, found.account.account_id):
            return Refused(reason=CardLoginRefusal.ANOTHER_PERSON, identity=identity, account=found.account.account_id)
        return found.account

    def _record(self, presented: Presented, refused: Refused) -> None:
        self._failures.record_card(
            refused.reason,
            account=refused.account,
            card=refused.identity.serial if refused.identity else None,
            address=presented.client.address,
            agent=presented.client.agent,
            application=presented.application or None,
        )


def _reason(found: FoundAccount) -> CardLoginRefusal:
    match found:
        case NeedsOperator():
            return CardLoginRefusal.OPERATOR_NEEDED
        case AnotherPerson():
            return CardLoginRefusal.ANOTHER_PERSON
        case Disabled():
            return CardLoginRefusal.ACCOUNT_DISABLED
        case Ended():
            return CardLoginRefusal.CARD_ENDED
        case Unknown() | Bound():
            return CardLoginRefusal.UNKNOWN_CARD
