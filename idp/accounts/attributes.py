"""The attributes of an account: one table, from which all that carries an attribute is derived.

A field of `AccountAttributes` declares an attribute: its type, its rule, its
option, its label and its release. The description of a new account and the
snapshot are subclasses. The row that provisioning writes, the options and the
answers of `idp account`, the account page, the claims and the SAML attributes
are made from `ATTRIBUTES`.

A new attribute takes a field here, and its column of the same name in `models.py`, with a migration.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints

from sqlalchemy import Row

from config.mail_addresses import is_address
from config.reference.labels import Label
from config.reference.professions import PROFESSIONS, ProfessionTable
from idp.accounts.attribute_declaration import Attribute, CodeTable, Release, is_one_line, one_line
from idp.accounts.models import Language, Proof

NATIONAL_IDENTIFIERS = "1.2.250.1.71.4.2.1"  # ANS, the authority that assigns a professional's IdNat_PS

LANGUAGES = CodeTable(
    "language", {Language.FRENCH: Label("Français", "Français"), Language.ENGLISH: Label("English", "English")}
)
PROFESSION_CODES = CodeTable(
    "profession",
    {code: profession.label for code, profession in PROFESSIONS.items()},
    notes={code: profession.table.name for code, profession in PROFESSIONS.items()},
)


def _mail_address(address: str) -> str | None:
    return None if is_address(address) else "must be one address such as jeanne.dupont@exemple.test"


def _national_identifier(identifier: str) -> str | None:
    if not is_one_line(identifier, longest=64):
        return "must be 1 to 64 characters on one line, such as 899700123450"
    if len(identifier) == 11 and identifier.isdecimal():
        return "an RPPS number is written with 8 before it: type of identifier, then number"
    return None


def _subject_role(profession: str) -> list[str]:
    """Pro Santé Connect's form: a list of `code^OID`, with the OID of the table that has the code."""
    known = PROFESSIONS.get(profession)
    return [f"{known.code}^{known.table.oid}"] if known else []


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAttributes:
    """What an account says of its person. Each field is a column of `Account` with the same name."""

    given_name: Annotated[
        str,
        Attribute(
            check=one_line(120),
            option="First name.",
            release=Release(claim="given_name", scope="profile", oid="2.5.4.42", friendly_name="givenName"),
        ),
    ]
    family_name: Annotated[
        str,
        Attribute(
            check=one_line(120),
            option="Surname.",
            release=Release(claim="family_name", scope="profile", oid="2.5.4.4", friendly_name="sn"),
        ),
    ]
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
    profession: Annotated[
        str | None,
        Attribute(
            codes=PROFESSION_CODES,
            option="The profession by its code, such as 10 (Médecin) or 60 (Infirmier); the codes are listed below.",
            label=Label("Profession", "Profession"),
            release=Release(
                claim="SubjectRole",
                scope="professional",
                oid=ProfessionTable.TRE_G15.oid,
                friendly_name="SubjectRole",
                form=_subject_role,
            ),
        ),
    ] = None
    national_id: Annotated[
        str | None,
        Attribute(
            check=_national_identifier,
            option="The type and number of the identifier: 8, then the RPPS number, such as 899700123450.",
            label=Label("Identifiant national", "National identifier"),
            release=Release(
                claim="SubjectNameID",
                scope="professional",
                oid=NATIONAL_IDENTIFIERS,
                friendly_name="SubjectNameID",
            ),
        ),
    ] = None
    national_id_proof: Annotated[Proof | None, Attribute(value_type=Proof)] = None
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

    @property
    def display_name(self) -> str:
        return f"{self.given_name} {self.family_name}"


def _declared() -> dict[str, Attribute]:
    hints = get_type_hints(AccountAttributes, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


ATTRIBUTES: Mapping[str, Attribute] = _declared()


def attribute_values(attributes: AccountAttributes) -> Iterator[tuple[str, Attribute, Any]]:
    """Each attribute that has a value: its name, its declaration and the value."""
    for name, attribute in ATTRIBUTES.items():
        value = getattr(attributes, name)
        if value is not None:
            yield name, attribute, value


def attribute_problems(attributes: AccountAttributes) -> list[str]:
    """Everything that is wrong with the attributes, one sentence each, which begins with the attribute's name."""
    problems = [
        f"{name}: {fault}" for name, each, value in attribute_values(attributes) if (fault := each.fault(value))
    ]
    if (attributes.national_id is None) != (attributes.national_id_proof is None):
        problems.append("national_id: must come with how it was proven, and the proof with it")
    return problems


def to_columns(attributes: AccountAttributes) -> dict[str, str]:
    """The columns of the attributes that have a value."""
    return {name: each.normalize(value) for name, each, value in attribute_values(attributes)}


def from_columns(row: Row[Any]) -> dict[str, Any]:
    """The fields of `AccountAttributes` that a row of `Account` holds."""
    stored = {name: getattr(row, name) for name in ATTRIBUTES}
    return {name: None if value is None else ATTRIBUTES[name].value_type(value) for name, value in stored.items()}


def displayed(attributes: AccountAttributes, language: str) -> tuple[tuple[str, str], ...]:
    """The label and the value of each attribute that the account page shows, in `language`."""
    return tuple(
        (each.label.said(language), each.display(value, language))
        for _, each, value in attribute_values(attributes)
        if each.label is not None
    )
