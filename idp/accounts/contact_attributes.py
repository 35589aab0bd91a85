"""The attributes by which a person is reached: e-mail address, language, postal address at work, telephones.

As a whole the address is `postal_address.py`'s.
"""

from dataclasses import dataclass
from typing import Annotated

from config.mail_addresses import is_address
from config.reference.countries import countries
from config.reference.departments import DEPARTMENTS
from config.reference.labels import Label
from idp.accounts.attribute_declaration import Attribute, CodeTable, Release, one_line
from idp.accounts.models import Language
from idp.accounts.person_attributes import PersonAttributes

LANGUAGES = CodeTable(
    "language", {Language.FRENCH: Label("Français", "Français"), Language.ENGLISH: Label("English", "English")}
)


def _mail_address(address: str) -> str | None:
    return None if is_address(address) else "must be one address such as jeanne.dupont@exemple.test"


def _country(code: str) -> str | None:
    return None if code in countries("fr") else "must be a code of ISO 3166-1 in two letters, such as FR"


def _telephone(typed: str) -> str | None:
    from config.reference.telephones import TelephoneFault, read_telephone  # 65 ms to import, and seldom needed

    wrong = isinstance(read_telephone(typed), TelephoneFault)
    return "must be a telephone number, such as 02 61 91 12 34 or +32 2 555 12 12" if wrong else None


def _normal_telephone(typed: str) -> str:
    """In the form of ITU-T E.164, `+33261911234`."""
    from config.reference.telephones import read_telephone

    return str(read_telephone(typed))


def _shown_telephone(telephone: str, _language: str) -> str:
    from config.reference.telephones import shown

    return shown(telephone)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAttributes(PersonAttributes):
    """How the person is reached. The postal address and the telephones are professional ones."""

    email: Annotated[
        str,
        Attribute(
            check=_mail_address,
            normalize=str.lower,  # no mailbox in use tells cases apart, and people do not remember them
            option="The person's own e-mail address, where messages are sent.",
            label=Label("Adresse électronique", "E-mail address"),
            release=Release(
                claim="email",
                scope="email",
                oid="0.9.2342.19200300.100.1.3",
                friendly_name="mail",
                companion="email_verified",
            ),
        ),
    ]
    language: Annotated[
        Language,
        Attribute(
            value_type=Language,
            codes=LANGUAGES,
            option="The language of messages.",
            label=Label("Langue des messages", "Language of messages"),
            release=Release(
                claim="locale",
                scope="profile",
                oid="2.16.840.1.113730.3.1.39",
                friendly_name="preferredLanguage",
            ),
        ),
    ] = Language.FRENCH
    street: Annotated[
        str | None,
        Attribute(
            check=one_line(200),
            option="Number and street of the professional address.",
        ),
    ] = None
    po_box: Annotated[
        str | None,
        Attribute(
            check=one_line(60),
            option="PO box.",
        ),
    ] = None
    postcode: Annotated[
        str | None,
        Attribute(
            check=one_line(12),
            option="Postcode.",
        ),
    ] = None
    town: Annotated[
        str | None,
        Attribute(
            check=one_line(120),
            option="Town.",
        ),
    ] = None
    cedex: Annotated[
        str | None,
        Attribute(
            check=one_line(60),
            option="CEDEX office, such as CEDEX 2.",
        ),
    ] = None
    department: Annotated[
        str | None,
        Attribute(
            codes=CodeTable(
                "department", {code: Label(name, name) for code, name in DEPARTMENTS.items()}, well_known=True
            ),
            option="Department, by its code, such as 45.",
            label=Label("Département", "Department"),
        ),
    ] = None
    country: Annotated[
        str | None,
        Attribute(
            check=_country,
            option="Country, by its code of two letters (ISO 3166-1), such as FR.",
        ),
    ] = None
    telephone: Annotated[
        str | None,
        Attribute(
            check=_telephone,
            normalize=_normal_telephone,
            option="Professional telephone number.",
            label=Label("Téléphone", "Telephone"),
            shown=_shown_telephone,
            release=Release(claim="phone_number", scope="phone", oid="2.5.4.20", friendly_name="telephoneNumber"),
        ),
    ] = None
    emergency_telephone: Annotated[
        str | None,
        Attribute(
            check=_telephone,
            normalize=_normal_telephone,
            option="Telephone number for emergencies.",
            label=Label("Téléphone d’urgence", "Emergency telephone"),
            shown=_shown_telephone,
        ),
    ] = None
    mobile: Annotated[
        str | None,
        Attribute(
            check=_telephone,
            normalize=_normal_telephone,
            option="Mobile telephone number.",
            label=Label("Téléphone mobile", "Mobile telephone"),
            shown=_shown_telephone,
            release=Release(  # OpenID Connect for Identity Assurance Claims Registration 1.0; RFC 4524, 2.18
                claim="msisdn",
                scope="phone",
                oid="0.9.2342.19200300.100.1.41",
                friendly_name="mobile",
                form=lambda number: number.removeprefix("+"),
                saml_form=lambda number: f"+{number}",
            ),
        ),
    ] = None
    fax: Annotated[
        str | None,
        Attribute(
            check=_telephone,
            normalize=_normal_telephone,
            option="Fax number.",
            label=Label("Télécopie", "Fax"),
            shown=_shown_telephone,
        ),
    ] = None
