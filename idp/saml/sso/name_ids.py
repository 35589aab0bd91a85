"""NameIDs and SessionIndexes: Core, sections 2.2.3, 3.4.1.1 and 8.3.

A persistent identifier is created once for a person and a service provider, and stored
(idp/accounts/subjects.py). A transient identifier and a SessionIndex are computed from the
session: every worker computes the same, and nothing is stored.
"""

import hmac
from collections.abc import Callable, Collection
from functools import cached_property

from idp.accounts.snapshot import AccountSnapshot
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
    """We have no identifier as requested: Core, section 3.4.1.1. The text is for the application's developers."""


def requested_kind(policy: NameIdPolicy, default: NameIdKind, entity_id: str) -> NameIdKind:
    """The kind of identifier that `policy` requests, or `default` if it requests none.

    Raises:
        InvalidNameIdPolicy: the policy names another service provider or an unsupported format.
    """
    if policy.sp_name_qualifier not in (None, "", entity_id):
        raise InvalidNameIdPolicy("SPNameQualifier must be absent or your own entityID")
    if policy.format in (None, "", NameIdFormat.UNSPECIFIED, NameIdFormat.ENCRYPTED):
        return default
    kind = _KINDS.get(policy.format)
    if kind is None:
        raise InvalidNameIdPolicy("the format must be persistent, transient, emailAddress or unspecified")
    return kind


def sector_of(application: Application) -> str:
    """The sector of the persistent identifiers of an application. Each application has its own."""
    return f"saml:{application.identifier}"


class NameIds:
    """Makes identifiers. `key` returns a secret of this installation, the same in every worker."""

    def __init__(self, *, entity_id: str, scope: str, subjects: Subjects, key: Callable[[], bytes]) -> None:
        self._entity_id = entity_id
        self._scope = scope
        self._subjects = subjects
        self._derive = key

    def name_id(self, kind: NameIdKind, application: Application, snapshot: AccountSnapshot, sid: str) -> NameId:
        """The NameID of this person for `application`, of this kind."""
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
        """Whether this person already has a persistent identifier for `application`: Core 3.4.1.1, AllowCreate."""
        return self._subjects.known(snapshot.account_id, sector_of(application)) is not None

    def is_persistent_id(self, name: str, application: Application) -> bool:
        """Whether `name` is a persistent identifier that this application was given."""
        account_id = self._subjects.account_of(name)
        return account_id is not None and self._subjects.known(account_id, sector_of(application)) == name

    def session_index(self, sid: str, entity_id: str) -> str:
        """The SessionIndex of a session for a service provider, which each have their own: Core, section 2.7.2."""
        return f"_{self._digest('index', sid, entity_id)}"

    def subject_attributes(
        self, application: Application, snapshot: AccountSnapshot, released: Collection[str]
    ) -> list[SamlAttribute]:
        """`subject-id` and `pairwise-id` (Subject Identifier Attributes Profile 1.0), if they are `released`."""
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
