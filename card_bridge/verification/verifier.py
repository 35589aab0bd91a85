"""Decides whether a card assertion is believed: the checks in their order, one reason for each.

The challenge is not here: the service that made the nonce takes it, once, before it calls `verify`.

What a certificate says by itself, and that a trusted authority has signed it, is found once for each certificate in a
process. Times, the authorities above, and revocation are looked up at each call.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from card_bridge.assertion import CardAssertion, Purpose, signed_text
from card_bridge.identity import CardIdentity
from card_bridge.verification import checks
from card_bridge.verification.checks import AcceptedCards
from card_bridge.verification.presented import PresentedCertificate, Unreadable
from card_bridge.verification.refusals import CardRefused, Refusal
from card_bridge.verification.revocation import Revocable, Revocation, RevocationRecords
from card_bridge.verification.trust import Authority, AuthorityPath, TrustedAuthorities
from card_bridge.vocabulary import CardType
from config.reference.national_ids import is_national_id

_KNOWN_CERTIFICATES: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    """A certificate that a trusted authority has signed and that is one of an accepted card."""

    certificate: PresentedCertificate
    authority: Authority
    identity: CardIdentity | None
    """None when the common name is not the identifier of a person."""


class CardVerifier:
    """Verifies what a card has signed. Thread-safe."""

    def __init__(
        self,
        authorities: TrustedAuthorities,
        revocation: RevocationRecords,
        accepted: AcceptedCards,
        *,
        when_unknown: Callable[[str, int], None] | None = None,
    ) -> None:
        """`when_unknown` is told the authority and the serial number of a card whose revocation is unknown."""
        self._authorities = authorities
        self._revocation = revocation
        self._accepted = accepted
        self._when_unknown = when_unknown
        self._leaves: OrderedDict[bytes, _Leaf] = OrderedDict()
        self._lock = Lock()

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
                the grace was needed, `CardIdentity.revocation_ended_at` says when that information had ended.

        Raises:
            CardRefused: the first check that failed.
        """
        der = assertion.certificate
        leaf = self._leaves.get(der)
        certificate = leaf.certificate if leaf is not None else _read(der)
        text = signed_text(purpose=purpose, origin=origin, nonce=nonce, certificate=der, presence=assertion.presence)
        _require(checks.has_signed(certificate, text, assertion.signature), Refusal.WRONG_SIGNATURE)
        return self._identity(certificate, leaf, der, now=now, grace=grace)

    def verify_certificate(self, der: bytes, *, now: datetime, grace: timedelta = timedelta()) -> CardIdentity:
        """The identity of a certificate whose key TLS has proved already.

        Raises:
            CardRefused: as `verify`, but for the signature.
        """
        leaf = self._leaves.get(der)
        certificate = leaf.certificate if leaf is not None else _read(der)
        return self._identity(certificate, leaf, der, now=now, grace=grace)

    def _identity(
        self, certificate: PresentedCertificate, leaf: _Leaf | None, der: bytes, *, now: datetime, grace: timedelta
    ) -> CardIdentity:
        _require(certificate.not_before <= now, Refusal.NOT_YET_VALID)
        _require(now <= certificate.not_after, Refusal.EXPIRED)
        authority = leaf.authority if leaf is not None else self._issuer(certificate)
        path = self._authorities.path(authority, now)
        if path is None:
            raise CardRefused(Refusal.UNTRUSTED)
        if leaf is None:
            self._require_accepted(certificate)
            leaf = self._remember(der, certificate, authority)
        ended_at = self._check_revocation(leaf, path, now=now, grace=grace)
        if leaf.identity is None:
            raise CardRefused(Refusal.NO_IDENTIFIER)
        return leaf.identity if ended_at is None else replace(leaf.identity, revocation_ended_at=ended_at)

    def _issuer(self, certificate: PresentedCertificate) -> Authority:
        """RFC 5280 section 6.1.3 (a): the authority whose name and key the certificate is signed with.

        A root issues authorities, and no cards.
        """
        for authority in self._authorities.with_key_identifier(certificate.issuer_key_identifier):
            if not authority.is_root and checks.is_issued_by(certificate, authority):
                return authority
        raise CardRefused(Refusal.UNTRUSTED)

    def _require_accepted(self, certificate: PresentedCertificate) -> None:
        _require(checks.may_authenticate(certificate), Refusal.WRONG_USAGE)
        _require(checks.has_accepted_policy(certificate, self._accepted), Refusal.WRONG_POLICY)
        _require(checks.is_of_environment(certificate, self._accepted), Refusal.WRONG_CATEGORY)
        _require(checks.has_accepted_type(certificate, self._accepted), Refusal.WRONG_TYPE)

    def _check_revocation(
        self, leaf: _Leaf, path: AuthorityPath, *, now: datetime, grace: timedelta
    ) -> datetime | None:
        """When the information had ended by which the grace has accepted the card or an authority above it.

        Raises:
            CardRefused: one of them is revoked, or nobody knows.
        """
        chain: list[tuple[Revocable, Authority]] = [(leaf.certificate, leaf.authority), *path.steps]
        found = [self._revocation.status(issuer.id, each, now=now, grace=grace) for each, issuer in chain]
        _require(Revocation.REVOKED not in found, Refusal.REVOKED)
        if Revocation.UNKNOWN in found:
            if self._when_unknown is not None:
                self._when_unknown(leaf.authority.id, leaf.certificate.serial_number)
            raise CardRefused(Refusal.REVOCATION_UNKNOWN)
        ended = [
            self._revocation.ends_at(issuer.id, certificate)
            for (certificate, issuer), each in zip(chain, found, strict=True)
            if each is Revocation.GOOD_BY_GRACE
        ]
        return min(filter(None, ended), default=None)

    def _remember(self, der: bytes, certificate: PresentedCertificate, authority: Authority) -> _Leaf:
        leaf = _Leaf(certificate=certificate, authority=authority, identity=_identity_of(certificate, authority))
        with self._lock:
            self._leaves[der] = leaf
            if len(self._leaves) > _KNOWN_CERTIFICATES:
                self._leaves.popitem(last=False)
        return leaf


def _read(der: bytes) -> PresentedCertificate:
    """The certificate, with a key whose use costs little.

    Raises:
        CardRefused: it cannot be read or understood, or is weak.
    """
    try:
        certificate = PresentedCertificate.parse(der)
    except Unreadable:
        raise CardRefused(Refusal.MALFORMED) from None
    _require(not certificate.has_unknown_critical, Refusal.MALFORMED)
    _require(checks.has_strong_key(certificate), Refusal.WEAK_KEY)
    _require(checks.has_strong_signature(certificate), Refusal.WEAK_ALGORITHM)
    return certificate


def _identity_of(certificate: PresentedCertificate, authority: Authority) -> CardIdentity | None:
    if not is_national_id(certificate.common_name) or not certificate.card_id or certificate.card_type is None:
        return None
    return CardIdentity(
        serial=certificate.card_id,
        national_id=certificate.common_name,
        family_name=certificate.family_name,
        given_name=certificate.given_name,
        profession=certificate.profession,
        expires_on=certificate.not_after.date(),
        certificate_fingerprint=certificate.fingerprint,
        card_type=CardType(certificate.card_type).name,
        authority=authority.id,
        serial_number=f"{certificate.serial_number:x}",
    )


def _require(holds: bool, reason: Refusal) -> None:  # noqa: FBT001
    if not holds:
        raise CardRefused(reason)
