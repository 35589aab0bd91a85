"""The people of the demonstration: professionals, and operators who decide on requests. Everybody is invented.

Numbers are those that nobody has: RPPS 997 (the agency's test range), telephones that the regulator keeps for fiction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from config.reference.titles import Civility, Title
from idp.accounts.models import Confidentiality, Proof
from idp.accounts.new_account import NewAccount
from idp.accounts.operator_roles import HeldRole, OperatorRoleName, application_scope, community_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone invented, and their invented password. `says` has attributes of the account by their names."""

    login: str
    password: str
    given_name: str
    family_name: str
    shows: str
    profession: str | None = None
    says: Mapping[str, Any] = field(default_factory=dict)
    enters: tuple[str, ...] = ()
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
            **self.says,
        )


PEOPLE = (
    Person(
        login="jdupont",
        password="Cerisier-Bleu-72",  # noqa: S106 - invented, like those below
        given_name="Jeanne",
        family_name="Dupont",
        profession="10",
        shows="physician, may enter every application",
        says={
            "civility": Civility.MADAM,
            "title": Title.DOCTOR,
            "birth_name": "Martin",
            "national_id": "899700123450",
            "national_id_proof": Proof.OPERATOR,
            "street": "12 rue des Tilleuls",
            "postcode": "45000",
            "town": "Orléans",
            "department": "45",
            "country": "FR",
            "telephone": "+33261911234",
            "mobile": "+33639981234",
            "confidentiality": Confidentiality.PUBLIC,
        },
        enters=("dcc", "messagerie"),
        member_of=("onco-centre", "soins-palliatifs"),
    ),
    Person(
        login="alegall",
        password="Riviere-Douce-58",  # noqa: S106
        given_name="Anne-Laure",
        family_name="Le Gall",
        profession="60",
        shows="nurse, may enter Périnat and the messaging service, not the DCC",
        says={"civility": Civility.MADAM, "town": "Blois", "department": "41", "country": "FR"},
        enters=("messagerie",),
        member_of=("perinat-centre",),
    ),
    Person(
        login="nfaure",
        password="Moulin-Blanc-36",  # noqa: S106
        given_name="Noé",
        family_name="Faure",
        profession="21",
        shows="pharmacist, whose password has expired",
        enters=("dcc", "messagerie"),
        member_of=("onco-centre", "omedit-centre"),
        password_is_old=True,
    ),
    Person(
        login="cmoreau",
        password="Falaise-Verte-94",  # noqa: S106
        given_name="Camille",
        family_name="Moreau",
        profession="50",
        shows="midwife, whose account is disabled",
        disabled=True,
    ),
    Person(
        login="oriou",
        password="Verger-Calme-41",  # noqa: S106
        given_name="Odile",
        family_name="Riou",
        shows="operator: administrator of the installation",
        operates=(HeldRole(OperatorRoleName.ADMINISTRATOR),),
    ),
    Person(
        login="pgarnier",
        password="Sentier-Clair-83",  # noqa: S106
        given_name="Paul",
        family_name="Garnier",
        shows="operator: approves requests for Onco Centre and the DCC",
        operates=(
            HeldRole(OperatorRoleName.APPROVER, community_scope("onco-centre")),
            HeldRole(OperatorRoleName.APPROVER, application_scope("dcc")),
        ),
    ),
)
