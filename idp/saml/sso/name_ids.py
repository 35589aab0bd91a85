"""By which name a service provider knows a person, and a session: Core sections 2.2.3, 3.4.1.1 and 8.3.

A persistent identifier is drawn once for a person and a service provider and kept
(idp/accounts/subjects.py); a transient one and a SessionIndex are computed from the
session, so that every worker gives the same and nothing needs to be kept of them.
"""

import hmac
from collections.abc import Callable, Collection
from functools import cached_property

from idp.accounts.accounts import AccountSnapshot
from idp.accounts.subjects import PUBLIC_SECTOR, Subjects
from idp.attribute_release import PAIRWISE_ID, SUBJECT_ATTRIBUTE, SUBJECT_ID, SamlAttribute
from idp.saml.pysaml2.messages import NameId, NameIdPolicy
from idp.saml.vocabulary import NameIdFormat
from relying_parties.registration.saml_sp import NameIdKind
from relying_parties.registry.application import Application

FORMATS = {
    NameIdKind.PERSISTENT: NameIdFormat.PERSISTENT,
    NameIdKind.TRANSIENT: NameIdFormat.TRANSIENT,
    NameIdKind.EMAIL: NameIdFormat.EMAIL,
}
_KINDS = {str(name_id_format): kind for kind, name_id_format in FORMATS.items()}


class InvalidNameIdPolicy(Exception):
    """Core, section 3.4.1.1: no identifier of ours is as it was asked for. The text is for the developer."""


def requested_kind(policy: NameIdPolicy, default: NameIdKind, entity_id: str) -> NameIdKind:
    """The kind of identifier that `policy` asks for, or the application's `default` where it leaves that open.

    Raises:
        InvalidNameIdPolicy
    """
    if policy.sp_name_qualifier not in (None, "", entity_id):
        raise InvalidNameIdPolicy("identifiers are not shared: leave SPNameQualifier out")
    if policy.format in (None, "", NameIdFormat.UNSPECIFIED, NameIdFormat.ENCRYPTED):
        return default
    kind = _KINDS.get(policy.format)
    if kind is None:
        raise InvalidNameIdPolicy("the format must be persistent, transient, emailAddress or unspecified")
    return kind


def sector_of(application: Application) -> str:
    """Whose persistent identifiers an application sees: its own, and nobody else's."""
    return f"saml:{application.identifier}"


class NameIds:
    """Makes identifiers. `key` gives a secret of this installation, the same in every worker."""

    def __init__(self, *, entity_id: str, scope: str, subjects: Subjects, key: Callable[[], bytes]) -> None:
        self._entity_id = entity_id
        self._scope = scope
        self._subjects = subjects
        self._derive = key

    def name_id(self, kind: NameIdKind, application: Application, snapshot: AccountSnapshot, sid: str) -> NameId:
        """How `application` knows this person, by an identifier of that kind."""
        entity_id = application.saml_sp.entity_id
        if kind is NameIdKind.EMAIL:
            return NameId(value=snapshot.email, format=NameIdFormat.EMAIL.value)
        if kind is NameIdKind.TRANSIENT:
            value = f"_{self._digest('transient', sid, entity_id)}"
        else:
            value = self._subjects.sub_for(snapshot.account_id, sector_of(application))
        return NameId(
            value=value, format=FORMATS[kind].value, name_qualifier=self._entity_id, sp_name_qualifier=entity_id
        )

    def exists(self, application: Application, snapshot: AccountSnapshot) -> bool:
        """Whether this person has a persistent identifier there already: Core 3.4.1.1, AllowCreate."""
        return self._subjects.known(snapshot.account_id, sector_of(application)) is not None

    def is_persistent_id(self, name: str, application: Application) -> bool:
        """Whether `name` is a persistent identifier that this application was given."""
        account_id = self._subjects.account_of(name)
        return account_id is not None and self._subjects.known(account_id, sector_of(application)) == name

    def session_index(self, sid: str, entity_id: str) -> str:
        """Core, section 2.7.2: the same as long as the session lasts, and another for each service provider."""
        return f"_{self._digest('index', sid, entity_id)}"

    def subject_attributes(
        self, application: Application, snapshot: AccountSnapshot, released: Collection[str]
    ) -> list[SamlAttribute]:
        """`subject-id` and `pairwise-id` (Subject Identifier Attributes Profile 1.0), where they are `released`."""
        sectors = {PAIRWISE_ID: sector_of(application), SUBJECT_ID: PUBLIC_SECTOR}
        return [
            SamlAttribute(
                name=SUBJECT_ATTRIBUTE + name,
                friendly_name=name,
                values=(f"{self._subjects.sub_for(snapshot.account_id, sector)}@{self._scope}",),
            )
            for name, sector in sectors.items()
            if name in released
        ]

    def _digest(self, purpose: str, sid: str, entity_id: str) -> str:
        return hmac.digest(self._key, f"{purpose}|{sid}|{entity_id}".encode(), "sha256")[:20].hex()

    @cached_property
    def _key(self) -> bytes:
        return self._derive()
