"""The attributes of an account: one table, from which all that carries an attribute is derived.

A field of `AccountAttributes` declares an attribute: its type, its rule, its option, its label and its release. The
description of a new account and the snapshot are subclasses. The row that provisioning writes, the options and the
answers of `idp account`, the account page, the claims and the SAML attributes are made from `ATTRIBUTES`.

Fields of a person are in `person_attributes.py`, those of addresses and telephones in `contact_attributes.py`.
A new attribute takes a field there or here, and its column of the same name in `models.py`, with a migration.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints

from config.reference.labels import Label
from idp.accounts.attribute_declaration import Attribute, CodeTable
from idp.accounts.contact_attributes import ContactAttributes
from idp.accounts.models import Confidentiality

CONFIDENTIALITY = {
    Confidentiality.PUBLIC: Label("Public", "Public"),
    Confidentiality.PROFESSIONALS: Label("Accès réservé aux professionnels", "For professionals only"),
    Confidentiality.HIDDEN: Label("Caché", "Hidden"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAttributes(ContactAttributes):
    """What an account says of its person. Each field is a column of `Account` with the same name."""

    confidentiality: Annotated[
        Confidentiality,
        Attribute(
            value_type=Confidentiality,
            codes=CodeTable("confidentiality level", CONFIDENTIALITY),
            option="Who may see the person in the directory.",
        ),
    ] = Confidentiality.PROFESSIONALS

    @property
    def display_name(self) -> str:
        return f"{self.given_name} {self.family_name}"


def _declared() -> dict[str, Attribute]:
    hints = get_type_hints(AccountAttributes, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


ATTRIBUTES: Mapping[str, Attribute] = _declared()
_NEVER_EMPTY = frozenset(declared.name for declared in fields(AccountAttributes) if declared.default is not None)


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
    problems += [
        f"{name}: cannot be taken away"
        for name in ATTRIBUTES
        if name in _NEVER_EMPTY and getattr(attributes, name) is None
    ]
    if (attributes.national_id is None) != (attributes.national_id_proof is None):
        problems.append("national_id: must come with how it was proven, and the proof with it")
    return problems


def to_columns(attributes: AccountAttributes) -> dict[str, str]:
    """The columns of the attributes that have a value."""
    return {name: each.normalize(value) for name, each, value in attribute_values(attributes)}


def from_columns(row: object) -> dict[str, Any]:
    """The fields of `AccountAttributes` that `row` holds: an `Account`, or what a statement read of one."""
    stored = {name: getattr(row, name) for name in ATTRIBUTES}
    return {name: None if value is None else ATTRIBUTES[name].value_type(value) for name, value in stored.items()}


def displayed(attributes: AccountAttributes, language: str, *, declared_in: type) -> tuple[tuple[str, str], ...]:
    """The label and the value, in `language`, of each attribute of the class `declared_in` that the page shows."""
    return tuple(
        (each.label.text(language), each.display(value, language))
        for name, each, value in attribute_values(attributes)
        if each.label is not None and name in declared_in.__annotations__
    )
