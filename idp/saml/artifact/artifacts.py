"""Artifacts: references to messages that one server fetches from another. SAML V2.0 Bindings, section 3.6.

Our artifacts stand for Responses. A Response is signed and encrypted when the person is answered, and then stored,
encrypted with our key, under a hash of the artifact: the store reveals neither the artifact nor the person. An artifact
can be resolved once, within a minute, by the service provider that it was issued to.
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
"""The index of our only ArtifactResolutionService (idp_metadata.descriptor.ENDPOINTS)."""

_TYPE_CODE = b"\x00\x04"
_OCTETS = 44
_HANDLE_OCTETS = 20
_TEXT_LENGTH = 60  # characters of base64


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """An artifact of type 0x0004: Bindings, section 3.6.4. The index is two octets in network order, not two digits."""

    endpoint_index: int
    source_id: bytes
    handle: bytes = field(repr=False)

    @classmethod
    def generate(cls, entity_id: str) -> Self:
        """A new artifact of ours, with a random handle."""
        return cls(
            endpoint_index=ENDPOINT_INDEX, source_id=source_id(entity_id), handle=secrets.token_bytes(_HANDLE_OCTETS)
        )

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The artifact that `text` encodes; None if it is not one of this type."""
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
    """The message of an artifact, and the sid of the session that its assertion is about ("" for a refusal)."""

    message: bytes = field(repr=False)
    sid: str


class Artifacts:
    """Issues and redeems our artifacts."""

    def __init__(
        self,
        store: Store,
        encryption: KeyEncryption,
        *,
        entity_id: str,
        lifetime: timedelta,
        refusals_lifetime: timedelta,
    ) -> None:
        """`refusals_lifetime` is longer: people read a page before they send a refusal, and it asserts nothing."""
        self._store = store
        self._encryption = encryption
        self._entity_id = entity_id
        self._lifetime = lifetime
        self._refusals_lifetime = refusals_lifetime

    def issue(self, message: bytes, *, to: str, sid: str) -> str:
        """An artifact for this message, which only the service provider with the entityID `to` may resolve.

        `sid` is the session that the message is about; "" for a refusal.
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
        """Use up the artifact and return its message. Of several simultaneous calls, one gets the message.

        Returns None if the artifact is unknown, has expired, was used, or was issued to another
        service provider, which may still resolve it.
        """
        name = fingerprint(artifact)
        found = self._store.redeem(IdpRecord.ARTIFACT, name, by=by, tombstone=self._lifetime)
        if not isinstance(found, Redeemed):
            return None
        try:
            message = self._encryption.open(found.value["message"], bound_to=_bound_to(name))
        except EncryptionError:  # the key was removed within this minute
            return None
        return StoredMessage(message=message, sid=found.value["sid"])


def _bound_to(name: str) -> str:
    return f"saml artifact {name}"
