"""The result of one metadata refresh, and the rules that every refresh follows."""

import logging
from dataclasses import dataclass
from datetime import datetime

from config.actor import Actor
from idp.saml.sp_metadata.faults import MetadataFault, MetadataRefused
from idp.saml.sp_metadata.validity import LONGEST_INTERVAL, SHORTEST_INTERVAL, Validity
from relying_parties.problems import RegistrationProblems
from relying_parties.registry.metadata_sources import NoSuchSource

ACTOR = Actor.service("metadata")

journal = logging.getLogger("poterne.metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshResult:
    """The result for one source or application.

    `changed` names the amended applications. `fault` is empty after a success. `message` is for operators.
    """

    name: str
    changed: tuple[str, ...] = ()
    entities: int = 0
    fault: str = ""
    message: str = ""


def refuse_older(validity: Validity, kept: Validity | None) -> None:
    """Refuse a document that was published before the one in force: it may be a replay.

    Raises:
        MetadataRefused: the document is older than `kept`.
    """
    if kept is not None and validity.is_older_than(kept):
        raise MetadataRefused(
            MetadataFault.OLDER,
            "it is older than the document in force; to accept it: idp metadata refresh NAME --accept-older",
        )


def same_interval(
    refreshed_at: datetime | None, next_at: datetime | None, valid_until: datetime | None, now: datetime
) -> datetime:
    """When to fetch an unchanged document again: after the previous interval, or half of the remaining validity."""
    interval = next_at - refreshed_at if refreshed_at is not None and next_at is not None else LONGEST_INTERVAL
    if valid_until is not None:
        interval = min(interval, (valid_until - now) / 2)
    return now + min(max(interval, SHORTEST_INTERVAL), LONGEST_INTERVAL)


def fault_of(refused: MetadataRefused | RegistrationProblems | NoSuchSource) -> str:
    """The code of a refusal, for the log and the refresh state."""
    if isinstance(refused, MetadataRefused):
        return refused.fault
    return MetadataFault.NO_SUCH_ENTITY if isinstance(refused, NoSuchSource) else MetadataFault.CONTENT


def refused_result(name: str, fault: str, refused: Exception) -> RefreshResult:
    """Log a refusal and return its result. The log has only the code: the text may quote the document."""
    journal.warning(
        "metadata refused; the previous metadata stay in force until they expire", extra={"of": name, "fault": fault}
    )
    return RefreshResult(name=name, fault=fault, message=str(refused))
