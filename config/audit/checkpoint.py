"""A checkpoint of the audit trail to keep on another machine: one line of JSON, signed by us."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Row

from config.audit.chain import AuditCheckpoint, Seals, is_checkpoint_ours
from config.strict_parsing import parse_json_object
from config.text_files import text_of


class CheckpointUnreadable(Exception):
    """The file is not a checkpoint that we signed. The message is for an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCheckpoint:
    """The signed digest of the trail at a position."""

    position: int
    digest: str
    at: datetime
    kid: str
    signature: str

    @classmethod
    def of(cls, checkpoint: "AuditCheckpoint | Row[Any]") -> Self:
        return cls(**{name: getattr(checkpoint, name) for name in cls.__slots__})

    @classmethod
    def read(cls, octets: bytes, seals: Seals) -> Self:
        """The checkpoint in a file that `as_text` wrote.

        Raises:
            CheckpointUnreadable: it is not a checkpoint, or not signed by us.
        """
        try:
            members = parse_json_object(text_of(octets))
            kept = cls(**(members | {"at": datetime.fromisoformat(members["at"])}))
            is_ours = type(kept.position) is int and is_checkpoint_ours(kept, seals)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CheckpointUnreadable(
                "this is not a checkpoint: give the output of the command `audit checkpoint`"
            ) from None
        if not is_ours:
            raise CheckpointUnreadable("this checkpoint was not signed by this installation, or it was altered")
        return kept

    def as_text(self) -> str:
        return json.dumps(asdict(self) | {"at": self.at.isoformat(timespec="microseconds")})
