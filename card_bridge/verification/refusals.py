"""Why a card is refused: one reason for each check, in the order in which `verifier.py` makes them."""

from enum import StrEnum


class Refusal(StrEnum):
    """The reason of a refusal, as audit lines and pages name it."""

    MALFORMED = "malformed"
    """The certificate cannot be read, or has a critical extension that is not understood."""
    WEAK_KEY = "weak-key"
    """The key is not RSA of 2,048 to 4,096 bits with an exponent of an ordinary size."""
    WEAK_ALGORITHM = "weak-algorithm"
    """The issuer signed the certificate with a hash that is weaker than SHA-256."""
    WRONG_SIGNATURE = "wrong-signature"
    """The card has not signed this text: the origin, the nonce, the purpose or the certificate is another one."""
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    UNTRUSTED = "untrusted"
    """No chain leads to a trust anchor of this environment."""
    WRONG_USAGE = "wrong-usage"
    """The key may not authenticate: it is the signature key of the card, or a key of something else."""
    WRONG_POLICY = "wrong-policy"
    WRONG_CATEGORY = "wrong-category"
    """A test card in production, or a real card where only test cards are accepted."""
    WRONG_TYPE = "wrong-type"
    """A card of a type that this installation does not accept, such as a CPE."""
    REVOKED = "revoked"
    REVOCATION_UNKNOWN = "revocation-unknown"
    """No revocation list and no OCSP response is fresh enough to say that the certificate is not revoked."""
    NO_IDENTIFIER = "no-identifier"
    """The common name is not the identifier of a person in the table TRE_G08."""


class CardRefused(Exception):
    """A card is not believed. The message repeats nothing of the certificate."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason
