"""The holder of a card, as a window shows them: read from the certificate, and not verified."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from card_bridge.certificate import CardCertificate

_LONGEST_TEXT: Final = 100  # characters


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
        """The holder that a certificate names. What cannot be shown in a window or a terminal is left out."""
        names = (certificate.given_name, certificate.family_name)
        return cls(
            name=_shown(" ".join(name for name in names if name) or certificate.common_name),
            profession=_shown(certificate.title),
            expires_on=certificate.not_after.date(),
        )

    def as_members(self) -> dict[str, str]:
        """As the answers of the bridge and of its commands have it in JSON."""
        return {"name": self.name, "profession": self.profession, "expires_on": self.expires_on.isoformat()}


def _shown(text: str) -> str:
    """The printable characters. A forged card could bring control characters, or text that runs backwards."""
    return "".join(each for each in text if each.isprintable())[:_LONGEST_TEXT]
