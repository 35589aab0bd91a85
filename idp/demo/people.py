"""The people of the demonstration, all of them invented: professionals, and operators who decide on requests.

Their numbers belong to nobody: RPPS 997 is the agency's test range, and the regulator reserves the telephones for
fiction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from config.reference.titles import Civility, Title
from idp.accounts.models import Confidentiality, IdentifierProof
from idp.accounts.new_account import NewAccount
from idp.accounts.operator_roles import HeldRole, OperatorRoleName, application_scope, community_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An invented person, with an invented password; `attributes` has further attributes of the account."""

    login: str
    password: str
    given_name: str
    family_name: str
    description: str
    profession: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    entitled_to: tuple[str, ...] = ()
    member_of: tuple[str, ...] = ()
    operates: tuple[HeldRole, ...] = ()
    password_is_old: bool = False
    disabled: bool = False

    @property
    def new_account(self) -> NewAccount:
        return NewAccount(
            login=self.login,
            given_name=self.given_name,
            family_name=self.family_name,
            email=f"{self.login}@exemple.test",
            profession=self.profession,
            **self.attributes,
        )


PEOPLE = (
    Person(
        login="jdupont",
        password="Cerisier-Bleu-72",  # noqa: S106 - invented, like those below
        given_name="Jeanne",
        family_name="Dupont",
        profession="10",
        description="physician, may enter every application",
        attributes={
            "civility": Civility.MADAM,
            "title": Title.DOCTOR,
            "birth_name": "Martin",
            "national_id": "899700123450",
            "national_id_proof": IdentifierProof.OPERATOR,
            "street": "12 rue des Tilleuls",
            "postcode": "45000",
            "town": "Orléans",
            "department": "45",
            "country": "FR",
            "telephone": "+33261911234",
            "mobile": "+33639981234",
            "confidentiality": Confidentiality.PUBLIC,
        },
        entitled_to=("dcc", "messagerie"),
        member_of=("onco-centre", "soins-palliatifs"),
    ),
    Person(
        login="alegall",
        password="Riviere-Douce-58",  # noqa: S106
        given_name="Anne-Laure",
        family_name="Le Gall",
        profession="60",
        description="nurse, may enter Périnat and the messaging service, not the DCC",
        attributes={
            "civility": Civility.MADAM,
            "national_id": "899700200019",
            "national_id_proof": IdentifierProof.OPERATOR,
            "town": "Blois",
            "department": "41",
            "country": "FR",
        },
        entitled_to=("messagerie",),
        member_of=("perinat-centre",),
    ),
    Person(
        login="nfaure",
        password="Moulin-Blanc-36",  # noqa: S106
        given_name="Noé",
        family_name="Faure",
        profession="21",
        description="pharmacist, whose password has expired",
        attributes={"national_id": "899700200035", "national_id_proof": IdentifierProof.OPERATOR},
        entitled_to=("dcc", "messagerie"),
        member_of=("onco-centre", "omedit-centre"),
        password_is_old=True,
    ),
    Person(
        login="cmoreau",
        password="Falaise-Verte-94",  # noqa: S106
        given_name="Camille",
        family_name="Moreau",
        profession="50",
        description="midwife, whose account is disabled",
        attributes={"national_id": "899700200027", "national_id_proof": IdentifierProof.OPERATOR},
        disabled=True,
    ),
    Person(
        login="oriou",
        password="Verger-Calme-41",  # noqa: S106
        given_name="Odile",
        family_name="Riou",
        description="operator: administrator of the installation",
        operates=(HeldRole(OperatorRoleName.ADMINISTRATOR),),
    ),
    Person(
        login="pgarnier",
        password="Sentier-Clair-83",  # noqa: S106
        given_name="Paul",
        family_name="Garnier",
        description="operator: approves requests for Onco Centre and the DCC",
        operates=(
            HeldRole(OperatorRoleName.APPROVER, community_scope("onco-centre")),
            HeldRole(OperatorRoleName.APPROVER, application_scope("dcc")),
        ),
    ),
)
