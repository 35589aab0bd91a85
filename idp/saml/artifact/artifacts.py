"""Artifacts: what stands for a message that one server fetches from another. SAML V2.0 Bindings, section 3.6.

Ours stands for a Response. It is kept as it was signed and encrypted when the
person was answered, so that what is asserted is of that moment, and under our key:
whoever reads the store learns neither the artifact nor who it is about. It is good
once, for a minute, for the service provider that it was issued to.
"""

import binascii
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from config.encryption import EncryptionError, KeyEncryption
from config.redis.store import Put, Redeemed, Store, fingerprint
from idp.record_kinds import IdpRecord
from relying_parties.registry.artifact_sources import source_id

ENDPOINT_INDEX = 0
"""Which ArtifactResolutionService of our metadata (idp_metadata.descriptor.ENDPOINTS) resolves ours; we have one."""

_TYPE_CODE = b"\x00\x04"
_OCTETS = 44
_HANDLE_OCTETS = 20
_TEXT_LENGTH = 60  # base64 of as many octets


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Type 0x0004, Bindings section 3.6.4: its index is two octets in network order, not two digits."""

    endpoint_index: int
    source_id: bytes
    handle: bytes = field(repr=False)

    @classmethod
    def generate(cls, entity_id: str) -> Self:
        """A new one of ours, whose handle nobody can guess."""
        return cls(
            endpoint_index=ENDPOINT_INDEX, source_id=source_id(entity_id), handle=secrets.token_bytes(_HANDLE_OCTETS)
        )

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None when it is not one of this type."""
        if len(text) != _TEXT_LENGTH:
            return None
        try:
            octets = b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(octets) != _OCTETS or octets[:2] != _TYPE_CODE:
            return None
        return cls(endpoint_index=int.from_bytes(octets[2:4]), source_id=octets[4:24], handle=octets[24:])

    def serialized(self) -> str:
        octets = _TYPE_CODE + self.endpoint_index.to_bytes(2) + self.source_id + self.handle
        return b64encode(octets).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """The message that an artifact stood for, and the session that it opens an application to ("" for none)."""

    message: bytes = field(repr=False)
    sid: str


class Artifacts:
    """Those that we have issued in the last minute."""

    def __init__(
        self,
        store: Store,
        encryption: KeyEncryption,
        *,
        entity_id: str,
        lifetime: timedelta,
        refusals_lifetime: timedelta,
    ) -> None:
        """A refusal asserts nothing, and is behind a button of a page that someone reads first: it may wait longer."""
        self._store = store
        self._encryption = encryption
        self._entity_id = entity_id
        self._lifetime = lifetime
        self._refusals_lifetime = refusals_lifetime

    def issue(self, message: bytes, *, to: str, sid: str) -> str:
        """An artifact for this message, that the service provider of entity id `to` may resolve.

        `sid` is the session that the message tells of; "" for a refusal.
        """
        artifact = Artifact.generate(self._entity_id).serialized()
        name = fingerprint(artifact)
        sealed = self._encryption.seal(message, bound_to=_bound_to(name))
        record = {"client_id": to, "message": sealed, "sid": sid}
        lifetime = self._lifetime if sid else self._refusals_lifetime
        self._store.put_all(
            [Put(kind=IdpRecord.ARTIFACT, identifier=name, value=record, lifetime=lifetime, redeemable=True)]
        )
        return artifact

    def redeem(self, artifact: str, *, by: str) -> StoredMessage | None:
        """Spend it: of any number of callers one gets the message, and no one but whom it was issued to.

        None when it is unknown, has expired, was spent, or is another's, who may then still resolve it.
        """
        name = fingerprint(artifact)
        found = self._store.redeem(IdpRecord.ARTIFACT, name, by=by, tombstone=self._lifetime)
        if not isinstance(found, Redeemed):
            return None
        try:
            message = self._encryption.open(found.value["message"], bound_to=_bound_to(name))
        except EncryptionError:  # its key was taken away within this minute
            return None
        return StoredMessage(message=message, sid=found.value["sid"])


def _bound_to(name: str) -> str:
    return f"saml artifact {name}"
