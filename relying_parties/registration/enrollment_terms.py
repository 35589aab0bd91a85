"""How people ask for access to an application: the table `[enrollment]` of its registration.

An application without this table is not offered to people who ask for an account.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from relying_parties.field_reader import Document
from relying_parties.policy import Capabilities
from relying_parties.problems import among, shown_name
from relying_parties.registration.display_name import DisplayName

_LONGEST_HELP: Final = 500
_LONGEST_DISPLAY_NAME: Final = 120
_LONGEST_ROLE: Final = 64
_LONGEST_COMMUNITY: Final = 40
_MOST_COMMUNITIES: Final = 32
_MOST_ROLES: Final = 32

_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_COMMUNITY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


_NO_TEXT: Final = DisplayName("", "")


class EnrollmentCategory(StrEnum):
    """How an application is presented: a service, such as messaging, serves all the other applications."""

    APPLICATION = "application"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedRole:
    """A role that a person can have in the application."""

    name: str
    display_name: DisplayName


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentTerms:
    """The rules by which people ask for access to an application.

    `needs_communities` names the communities of which a person must be a member, and
    `closed_to_levels` the confidentiality levels that exclude a person.
    """

    requestable: bool = True
    category: EnrollmentCategory = EnrollmentCategory.APPLICATION
    help: DisplayName = _NO_TEXT
    needs_communities: tuple[str, ...] = ()
    closed_to_levels: tuple[str, ...] = ()
    roles: tuple[OfferedRole, ...] = ()


_FIELDS: Final = tuple(EnrollmentTerms.__dataclass_fields__)
_LANGUAGES: Final = ("fr", "en")


def read_enrollment(document: Document, capabilities: Capabilities) -> EnrollmentTerms | None:
    """The terms in the document's `enrollment`; None when it has none.

    Every problem is added to the document's.
    """
    received = document.values.get("enrollment")
    if received is None:
        return None
    table = _table(document, "enrollment", received, _FIELDS)
    return EnrollmentTerms(
        requestable=table.boolean("requestable", default=True),
        category=table.choice("category", EnrollmentCategory, EnrollmentCategory.APPLICATION),
        help=_by_language(table, "help", longest=_LONGEST_HELP),
        needs_communities=_communities(table),
        closed_to_levels=_levels(table, capabilities),
        roles=_roles(table),
    )


def enrollment_as_table(terms: EnrollmentTerms) -> dict[str, Any]:
    """The table that `read_enrollment` reads the same terms from, without what is empty."""
    table: dict[str, Any] = {"requestable": terms.requestable, "category": str(terms.category)}
    if terms.help.fr:
        table["help"] = _as_table(terms.help)
    if terms.needs_communities:
        table["needs_communities"] = list(terms.needs_communities)
    if terms.closed_to_levels:
        table["closed_to_levels"] = list(terms.closed_to_levels)
    if terms.roles:
        table["roles"] = [{"name": role.name, "display_name": _as_table(role.display_name)} for role in terms.roles]
    return table


def enrollment_of_table(table: Mapping[str, Any]) -> EnrollmentTerms:
    """The terms in a table that `enrollment_as_table` wrote."""
    return EnrollmentTerms(
        requestable=table["requestable"],
        category=EnrollmentCategory(table["category"]),
        help=DisplayName(**table["help"]) if "help" in table else _NO_TEXT,
        needs_communities=tuple(table.get("needs_communities", ())),
        closed_to_levels=tuple(table.get("closed_to_levels", ())),
        roles=tuple(
            OfferedRole(name=role["name"], display_name=DisplayName(**role["display_name"]))
            for role in table.get("roles", ())
        ),
    )


def _table(document: Document, name: str, received: object, known: tuple[str, ...]) -> Document:
    """The table `name` inside `document`, which shares its problems."""
    place = document.places.get(name, name)
    inside = received if isinstance(received, dict) else {}
    if not isinstance(received, dict):
        document.refuse(name, received, "must be a table")
    for unknown in [field for field in inside if field not in known]:
        document.refuse(f"{place}.{shown_name(unknown)}", inside[unknown], f"no such field; {among(unknown, known)}")
    return Document(values=inside, places={field: f"{place}.{field}" for field in known}, problems=document.problems)


def _by_language(table: Document, name: str, *, longest: int) -> DisplayName:
    """A text in French, and in English when it is given; empty when the table has none."""
    received = table.values.get(name)
    if received is None:
        return _NO_TEXT
    inside = _table(table, name, received, _LANGUAGES)
    french, english = (inside.text(language, longest=longest) for language in _LANGUAGES)
    if "fr" not in inside.values and isinstance(received, dict):
        inside.missing("fr", "the text in French")
    return DisplayName(french or "", english or french or "")


def _communities(table: Document) -> tuple[str, ...]:
    names = table.texts("needs_communities", most=_MOST_COMMUNITIES)
    for name in names:
        if len(name) > _LONGEST_COMMUNITY or not _COMMUNITY.fullmatch(name):
            table.refuse("needs_communities", name, "must be the name of a community, such as onco-centre")
    return names


def _levels(table: Document, capabilities: Capabilities) -> tuple[str, ...]:
    known = capabilities.confidentiality_levels
    levels = table.texts("closed_to_levels", most=len(known))
    for level in levels:
        if level not in known:
            table.refuse("closed_to_levels", level, among(level, known))
    return levels


def _roles(table: Document) -> tuple[OfferedRole, ...]:
    received = table.values.get("roles", [])
    if not isinstance(received, list) or len(received) > _MOST_ROLES:
        table.refuse("roles", received, f"must be at most {_MOST_ROLES} tables: [[enrollment.roles]]")
        return ()
    roles = [_role(table, each) for each in received]
    names = [role.name for role in roles]
    for twice in sorted({name for name in names if name and names.count(name) > 1}):
        table.refuse("roles", twice, "is listed twice")
    return tuple(roles)


def _role(table: Document, received: object) -> OfferedRole:
    role = _table(table, "roles", received, ("name", "display_name"))
    name = role.text("name", longest=_LONGEST_ROLE)
    if name is None and "name" not in role.values:
        role.missing("name", 'the name of the role, such as "secretary"')
    elif name is not None and not _ROLE.fullmatch(name):
        role.refuse("name", name, "must be letters, digits, dots, hyphens or underscores, such as secretary")
    display_name = _by_language(role, "display_name", longest=_LONGEST_DISPLAY_NAME)
    if "display_name" not in role.values:
        role.missing("display_name", "the role as people read it, in French and in English")
    return OfferedRole(name=name or "", display_name=display_name)


def _as_table(text: DisplayName) -> dict[str, str]:
    return {"fr": text.fr, "en": text.en}
