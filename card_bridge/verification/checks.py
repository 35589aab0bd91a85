"""The checks of a certificate that need no time and no look-up, one for each reason.

A check returns whether it holds. `verifier.py` makes them in the order of `Refusal`.
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from card_bridge.verification.algorithms import is_strong_hash
from card_bridge.verification.presented import PresentedCertificate
from card_bridge.verification.trust import Authority
from card_bridge.verification.unreadable import UNREADABLE
from card_bridge.vocabulary import CardEnvironment, CardType

_SMALLEST_KEY, _LARGEST_KEY = 2048, 4096  # bits; a larger key would only cost us time
_LARGEST_EXPONENT: Final = 1 << 32  # 65,537 is usual; verification with a huge exponent takes milliseconds
_CATEGORIES: Final = {CardEnvironment.REAL: 0x00, CardEnvironment.TEST: 0x80}
"""TRE_G01: a card, and a test card. Modules and software certificates are neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCards:
    """What this installation accepts. `policies` are object identifiers; when it is empty, any policy is accepted."""

    environment: CardEnvironment
    types: Set[CardType]
    policies: Set[str] = frozenset()


def has_strong_key(certificate: PresentedCertificate) -> bool:
    """RSA of 2,048 to 4,096 bits, with an exponent of an ordinary size."""
    key = certificate.key
    if key is None or not _SMALLEST_KEY <= key.key_size <= _LARGEST_KEY:
        return False
    exponent = key.public_numbers().e
    return 65_537 <= exponent < _LARGEST_EXPONENT


def has_strong_signature(certificate: PresentedCertificate) -> bool:
    """The issuer has signed with SHA-256 or a longer hash of the same family."""
    try:
        digest = certificate.certificate.signature_hash_algorithm
    except UNREADABLE:
        return False
    return is_strong_hash(digest)


def has_signed(certificate: PresentedCertificate, text: bytes, signature: bytes) -> bool:
    """RFC 8017 section 8.2.2, with SHA-256."""
    if certificate.key is None:
        return False
    try:
        certificate.key.verify(signature, text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def is_issued_by(certificate: PresentedCertificate, authority: Authority) -> bool:
    """RFC 5280 section 6.1.3 (a) (1) and (4)."""
    try:
        certificate.certificate.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def may_authenticate(certificate: PresentedCertificate) -> bool:
    """RFC 5280 sections 4.2.1.3 and 4.2.1.12: a key to authenticate a client, not the signature key of the card."""
    return not certificate.is_ca and certificate.digital_signature and certificate.authenticates_clients


def has_accepted_policy(certificate: PresentedCertificate, accepted: AcceptedCards) -> bool:
    return not accepted.policies or bool(certificate.policies & accepted.policies)


def is_of_environment(certificate: PresentedCertificate, accepted: AcceptedCards) -> bool:
    """A test card is never accepted among real ones, nor a real card among test cards."""
    return certificate.card_category == _CATEGORIES[accepted.environment]


def has_accepted_type(certificate: PresentedCertificate, accepted: AcceptedCards) -> bool:
    return certificate.card_type in accepted.types
