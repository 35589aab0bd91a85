"""A checkpoint of the audit trail kept on another machine: one line of JSON that bears our signature."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Row

from config.audit.chain import AuditCheckpoint, Seals, is_checkpoint_ours
from config.strict_parsing import parse_json_object
from config.text_files import text_of


class CheckpointUnreadable(Exception):
    """The file is not a checkpoint of ours; the sentence is for an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCheckpoint:
    """The digest that the trail had reached at a position, signed."""

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
        """The checkpoint that `written` has made.

        Raises:
            CheckpointUnreadable: it is none, or not signed by us.
        """
        try:
            said = parse_json_object(text_of(octets))
            kept = cls(**(said | {"at": datetime.fromisoformat(said["at"])}))
            is_ours = type(kept.position) is int and is_checkpoint_ours(kept, seals)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CheckpointUnreadable("this is no checkpoint: give what `idp audit checkpoint` printed") from None
        if not is_ours:
            raise CheckpointUnreadable("this checkpoint was not signed by this installation, or it was altered")
        return kept

    def written(self) -> str:
        return json.dumps(asdict(self) | {"at": self.at.isoformat(timespec="microseconds")})
