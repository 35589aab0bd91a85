"""The identity that a professional card proves, and what reads it. The card bridge implements `CardReader`."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CardIdentity:
    """What a card (CPS, CPE, CPF) said of its holder, once its signature and its certificate were verified.

    Codes are those of the national tables; a text that the card does not have is "".
    """

    serial: str
    """The issuer's number and the card's, as in `gipCardID`: `8025000001/2800636234`."""
    national_id: str
    """The national identifier with its type before it: `899700123450` is the RPPS number 99700123450."""
    family_name: str
    given_name: str
    profession: str
    """Its code in the table TRE_G15: `10` for a physician."""
    expires_on: date
    certificate_fingerprint: str = ""
    """SHA-256 of the certificate, 64 hexadecimal digits."""
    card_type: str = "CPS"
    """CPS, CPF, CPE or CPA (TRE_G02)."""
    authority: str = ""
    """The authority that issued the certificate, by its id (`verification/trust.py`)."""
    serial_number: str = ""
    """The serial number of the certificate, in hexadecimal."""
    revocation_is_stale: bool = False
    """Whether the card was accepted by a grace, with revocation information that had ended."""


class CardReader(Protocol):
    """Gives the identity of the card that signed a challenge of ours in the person's browser."""

    def verified_identity(self, assertion: str, *, challenge: str) -> CardIdentity | None:
        """The identity, or None when the assertion does not prove one for this challenge."""
