"""The attributes that say who a person is: names, profession, national identifier.

How the person is reached is in `contact_attributes.py`.
"""

from dataclasses import dataclass
from typing import Annotated

from config.reference.labels import Label
from config.reference.professions import PROFESSIONS, ProfessionTable
from config.reference.titles import CIVILITIES, TITLES, Civility, Title
from idp.accounts.attribute_declaration import Attribute, CodeTable, Release, is_one_line, one_line
from idp.accounts.models import IdentifierProof

NATIONAL_IDENTIFIERS = "1.2.250.1.71.4.2.1"  # ANS, the authority that assigns a professional's IdNat_PS

PROFESSION_CODES = CodeTable(
    "profession",
    {code: profession.label for code, profession in PROFESSIONS.items()},
    notes={code: profession.table.name for code, profession in PROFESSIONS.items()},
)


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
class PersonAttributes:
    """Who the person is."""

    given_name: Annotated[
        str,
        Attribute(
            check=one_line(120),
            option="First name.",
            label=Label("Prénom", "First name"),
            release=Release(claim="given_name", scope="profile", oid="2.5.4.42", friendly_name="givenName"),
        ),
    ]
    family_name: Annotated[
        str,
        Attribute(
            check=one_line(120),
            option="Surname, under which the person practises.",
            label=Label("Nom d’exercice", "Professional surname"),
            release=Release(claim="family_name", scope="profile", oid="2.5.4.4", friendly_name="sn"),
        ),
    ]
    birth_name: Annotated[
        str | None,
        Attribute(
            check=one_line(120),
            option="Surname at birth.",
            label=Label("Nom de naissance", "Birth name"),
            release=Release(  # OpenID Connect for Identity Assurance Claims Registration 1.0
                claim="birth_family_name",
                scope="profile",
                oid="2.25.273621349782687003188844548934778530069",  # from a UUID: Rec. ITU-T X.667, section 7
                friendly_name="birthName",
            ),
        ),
    ] = None
    civility: Annotated[
        Civility | None,
        Attribute(
            value_type=Civility,
            codes=CodeTable("civility", CIVILITIES),
            option="Civility, by its code in table TRE_R81.",
            label=Label("Civilité", "Form of address"),
            release=Release(  # the claim of Pro Santé Connect
                claim="codeCivilite",
                scope="professional",
                oid="1.2.250.1.213.1.6.1.69",
                friendly_name="codeCivilite",
            ),
        ),
    ] = None
    title: Annotated[
        Title | None,
        Attribute(
            value_type=Title,
            codes=CodeTable("title", TITLES),
            option="Title, by its code in table TRE_R11, such as DR (Docteur); the codes are listed below.",
            label=Label("Titre", "Title"),
            release=Release(  # OpenID Connect for Identity Assurance Claims Registration 1.0; RFC 4524, 2.21
                claim="title",
                scope="profile",
                oid="0.9.2342.19200300.100.1.40",
                friendly_name="personalTitle",
            ),
        ),
    ] = None
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
            release=Release(
                claim="SubjectNameID",
                scope="professional",
                oid=NATIONAL_IDENTIFIERS,
                friendly_name="SubjectNameID",
            ),
        ),
    ] = None
    national_id_proof: Annotated[IdentifierProof | None, Attribute(value_type=IdentifierProof)] = None
