"""The participation of an application in a session, and its record: one field of what the session has in Redis."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from config.redis.store import Put, Record
from idp.record_kinds import IdpRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """An application that this session has opened, and that is notified when the session ends.

    `detail` is what its protocol needs for that: for `oidc` the `sub` and the `sid` that the application received
    (without `sid`, the session's own sid); for `saml` `name_id`, `name_id_format`, `sp_name_qualifier` and
    `session_index`, which a LogoutRequest of the application names.
    """

    identifier: str
    protocol: str
    first_used: datetime
    detail: Mapping[str, str] = field(default_factory=dict)

    def put(self, sid: str, *, lifetime: timedelta) -> Put:
        """The record that the session `sid` has opened the application."""
        return Put(
            kind=IdpRecord.PARTICIPATION,
            identifier=sid,
            field=f"{self.protocol}:{self.identifier}",
            value={"first_used": self.first_used.timestamp(), "detail": dict(self.detail)},
            lifetime=lifetime,
        )

    @classmethod
    def of_field(cls, name: str, record: Record) -> Self:
        """The participation of such a record."""
        protocol, _, identifier = name.partition(":")
        return cls(
            identifier=identifier,
            protocol=protocol,
            first_used=datetime.fromtimestamp(record["first_used"], UTC),
            detail=record["detail"],
        )
