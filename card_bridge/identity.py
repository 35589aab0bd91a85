"""The identity that a professional card proves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Self


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
    revocation_ended_at: datetime | None = None
    """When the revocation information had ended by which a grace has accepted the card; None where it was fresh."""

    def as_record(self) -> dict[str, str]:
        """The identity as services exchange and store it (docs/enrollment-interface.md): each member is a text."""
        record = {name: str(getattr(self, name)) for name in _LONGEST}
        return record | {"expires_on": self.expires_on.isoformat()}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Self:
        """The identity in a record.

        Raises:
            CardIdentityMalformed: a member is missing, unknown, too long, not a text or not a date.
        """
        if record.keys() != {*_LONGEST, "expires_on"}:
            raise CardIdentityMalformed(f"must have the members {', '.join((*_LONGEST, 'expires_on'))}, and no other")
        for name, longest in _LONGEST.items():
            value = record[name]
            if not isinstance(value, str) or len(value) > longest or not value.isprintable():
                raise CardIdentityMalformed(f"{name}: must be a text of at most {longest} characters on one line")
        try:
            expires_on = date.fromisoformat(record["expires_on"])
        except (TypeError, ValueError):
            raise CardIdentityMalformed("expires_on: must be a date such as 2028-03-14") from None
        return cls(**{name: record[name] for name in _LONGEST}, expires_on=expires_on)


_LONGEST: Final = {
    "serial": 64, "national_id": 64, "family_name": 200, "given_name": 200, "profession": 8,
    "certificate_fingerprint": 64, "card_type": 8, "authority": 64, "serial_number": 40,
}  # fmt: skip
"""The texts of a record, and how many characters each has at most."""


class CardIdentityMalformed(ValueError):
    """A record is not the identity of a card. The message names what to change."""
