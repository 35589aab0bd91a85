"""Invented professionals and what is the matter with the card of each.

Their numbers belong to nobody: RPPS 997 is the agency's test range, and no department has the number 99. The PIN of
every card is 1234.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Final

from cryptography.x509.oid import ExtendedKeyUsageOID

from card_bridge.workstation.virtual.profile import CATEGORY_REAL, Holder, Issuer, Profile

PIN: Final = "1234"
PIN_TRIES: Final = 3


class Generation(Enum):
    """The two cards in use, by their application."""

    CPS3 = "CPS3"
    """IAS-ECC, issued from 2011."""
    CPS4 = "CPS4"
    """ChipDoc, issued from 2025."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """An invented professional with one card."""

    name: str
    """By which commands and tests choose the persona."""
    description: str
    holder: Holder
    card_number: int
    generation: Generation = Generation.CPS3
    profile: Profile = field(default_factory=Profile)
    is_revoked: bool = False
    is_activated: bool = True
    """Whether the card has its certificates. One that was delivered only has keys."""
    pin_tries: int = PIN_TRIES
    """The tries left when the card is new."""


JEANNE: Final = Holder(
    national_id="899700123450",
    family_name="DUPONT",
    given_name="Jeanne",
    title="Médecin",
    profession=10,
    specialities=("SM26",),
)

DOCTOR: Final = Persona(name="doctor", description="physician", holder=JEANNE, card_number=9970000001)

NURSE: Final = Persona(
    name="nurse",
    description="nurse, with a CPS4",
    holder=Holder(
        national_id="899700200019",
        family_name="LE GALL",
        given_name="Anne-Laure",
        title="Infirmier",
        profession=60,
    ),
    card_number=9970000002,
    generation=Generation.CPS4,
)

MIDWIFE: Final = Persona(
    name="midwife",
    description="midwife",
    holder=Holder(
        national_id="899700200027",
        family_name="MOREAU",
        given_name="Camille",
        title="Sage-femme",
        profession=50,
    ),
    card_number=9970000003,
)

PHARMACIST: Final = Persona(
    name="pharmacist",
    description="pharmacist, with a CPS4",
    holder=Holder(
        national_id="899700200035",
        family_name="FAURE",
        given_name="Noé",
        title="Pharmacien",
        profession=21,
    ),
    card_number=9970000004,
    generation=Generation.CPS4,
)

SECRETARY: Final = Persona(
    name="secretary",
    description="secretary of an establishment, with a CPE",
    holder=Holder(
        national_id="3990000018/0000000018",
        title="Carte de service santé ou social",
        card_type=2,
        organization="CENTRE HOSPITALIER IMAGINAIRE",
        organization_id="1990000018",
        pseudonym="EMPLOYE0000000018",
    ),
    card_number=9970000005,
    profile=Profile(issuer=Issuer.STANDARD),
)

NEWCOMER: Final = Persona(
    name="newcomer",
    description="physician without an account",
    holder=Holder(
        national_id="899700200043",
        family_name="D’AUBRAC",
        given_name="Éloïse",
        title="Médecin",
        profession=10,
        specialities=("SM54",),
    ),
    card_number=9970000006,
)

RENEWED: Final = Persona(
    name="renewed",
    description="the physician’s next card, a CPS4",
    holder=JEANNE,
    card_number=9970000007,
    generation=Generation.CPS4,
    profile=Profile(starts=timedelta(days=-2)),
)


def _other(national_id: str, given_name: str) -> Holder:
    return Holder(
        national_id=national_id,
        family_name="MARCHAND",
        given_name=given_name,
        title="Infirmier",
        profession=60,
    )


EXPIRED: Final = Persona(
    name="expired",
    description="the certificate expired ten days ago",
    holder=_other("899700200050", "Basile"),
    card_number=9970000011,
    profile=Profile(starts=timedelta(days=-3 * 365 - 10)),
)

NOT_YET_VALID: Final = Persona(
    name="not-yet-valid",
    description="the certificate starts in ten days",
    holder=_other("899700200068", "Clément"),
    card_number=9970000012,
    profile=Profile(starts=timedelta(days=10)),
)

EXPIRES_SOON: Final = Persona(
    name="expires-soon",
    description="the certificate expires in twenty days",
    holder=_other("899700200076", "Diane"),
    card_number=9970000013,
    profile=Profile(starts=timedelta(days=-3 * 365 + 20)),
)

REVOKED: Final = Persona(
    name="revoked",
    description="the card was declared lost",
    holder=_other("899700200084", "Estelle"),
    card_number=9970000014,
    is_revoked=True,
)

REAL_CATEGORY: Final = Persona(
    name="real-category",
    description="says that it is a card in use, not a test card",
    holder=_other("899700200092", "Firmin"),
    card_number=9970000015,
    profile=Profile(category=CATEGORY_REAL),
)

WRONG_ISSUER: Final = Persona(
    name="wrong-issuer",
    description="issued by an authority that has the right name and another key",
    holder=_other("899700200100", "Gaëlle"),
    card_number=9970000016,
    profile=Profile(issuer=Issuer.UNKNOWN),
)

WRONG_USAGE: Final = Persona(
    name="wrong-usage",
    description="the certificate is for e-mail, not for authentication",
    holder=_other("899700200118", "Hector"),
    card_number=9970000017,
    profile=Profile(extended_usages=(ExtendedKeyUsageOID.EMAIL_PROTECTION,)),
)

NOT_ACTIVATED: Final = Persona(
    name="not-activated",
    description="delivered, and not activated",
    holder=_other("899700200126", "Inès"),
    card_number=9970000018,
    is_activated=False,
)

PIN_BLOCKED: Final = Persona(
    name="pin-blocked",
    description="the PIN is blocked after three wrong entries",
    holder=_other("899700200134", "Joachim"),
    card_number=9970000019,
    pin_tries=0,
)

PERSONAS: Final = (
    DOCTOR,
    NURSE,
    MIDWIFE,
    PHARMACIST,
    SECRETARY,
    NEWCOMER,
    RENEWED,
    EXPIRES_SOON,
    EXPIRED,
    NOT_YET_VALID,
    REVOKED,
    REAL_CATEGORY,
    WRONG_ISSUER,
    WRONG_USAGE,
    NOT_ACTIVATED,
    PIN_BLOCKED,
)


class NoSuchPersona(ValueError):
    """No persona has this name. The message lists the names."""


def persona_named(name: str) -> Persona:
    """The persona of a name.

    Raises:
        NoSuchPersona: there is none.
    """
    for persona in PERSONAS:
        if persona.name == name:
            return persona
    raise NoSuchPersona("no persona has this name; there are " + ", ".join(each.name for each in PERSONAS))
