"""The holder of a card, as a window shows them: read from the certificate, and not verified."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from card_bridge.certificate import CardCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What the person should recognize as theirs. A text that the certificate does not have is ""."""

    name: str
    """Given name, then family name."""
    profession: str
    """In words, as the certificate has it: `Infirmier`."""
    expires_on: date

    @classmethod
    def of(cls, certificate: CardCertificate) -> Self:
        names = (certificate.given_name, certificate.family_name)
        return cls(
            name=" ".join(name for name in names if name) or certificate.common_name,
            profession=certificate.title,
            expires_on=certificate.not_after.date(),
        )
