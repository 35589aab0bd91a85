"""The status of all metadata for operators, with warnings: expiry, refused refreshes, certificates that end.

A certificate in metadata only carries a key, and we accept it after its end (Metadata Interoperability Profile 1.0,
section 2.6.1). Other software refuses it, and a new certificate often has a new key. So operators are warned in time.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.keys.certificates import ends_at
from idp.saml.sp_metadata.faults import MetadataRefused
from idp.saml.sp_metadata.verification import certificates_in
from relying_parties.registry.metadata_models import SourceKind
from relying_parties.registry.metadata_sources import MetadataSources, Source
from relying_parties.registry.refresh_state import RefreshState, RefreshStates

METADATA_WARNING = timedelta(days=3)
CERTIFICATE_WARNINGS = (timedelta(days=30), timedelta(days=7))
REPEAT_AFTER = timedelta(days=1)
_AT_ONCE = 500

journal = logging.getLogger("poterne.metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataStatus:
    """One line of `idp metadata list`. `warnings` are phrases for operators."""

    name: str
    kind: str
    refreshed_at: datetime | None
    valid_until: datetime | None
    state: str
    warnings: tuple[str, ...]


@dataclass(slots=True)
class WarningLog:
    """Logs each warning at most once a day."""

    sources: MetadataSources
    followers: RefreshStates
    _logged: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def warn(self, now: datetime) -> None:
        """Log every warning that is new, or that was last logged a day ago."""
        warnings = {
            (snapshot.name, warning)
            for snapshot in statuses(self.sources, self.followers, now)
            for warning in snapshot.warnings
        }
        for name, warning in sorted(warnings):
            if now - self._logged.get((name, warning), datetime.min.replace(tzinfo=now.tzinfo)) >= REPEAT_AFTER:
                journal.warning("metadata of a service provider: %s", warning, extra={"of": name})
                self._logged[name, warning] = now
        self._logged = {key: at for key, at in self._logged.items() if key in warnings}


def statuses(
    sources: MetadataSources, followers: RefreshStates, now: datetime, *, after: str = ""
) -> Iterator[MetadataStatus]:
    """The status of every source, then of every SAML application, each in the order of names."""
    if not after:
        for source in sources.list():
            yield of_source(source, now)
    while page := followers.list(after=after, limit=_AT_ONCE):
        for follower in page:
            yield of_application(follower, now)
        after = page[-1].name


def of_source(source: Source, now: datetime) -> MetadataStatus:
    warnings = [*_ending(source.valid_until, now), *_failing(source.last_error)]
    if source.kind is SourceKind.AGGREGATE and source.valid_until is None:
        warnings.append("never fetched")
    try:
        warnings += _certificates(certificates_in(source.certificate), now)
    except MetadataRefused as refused:
        warnings.append(refused.change)
    return MetadataStatus(
        name=source.name,
        kind=str(source.kind),
        refreshed_at=source.refreshed_at,
        valid_until=source.valid_until,
        state=_state(warnings),
        warnings=tuple(warnings),
    )


def of_application(follower: RefreshState, now: datetime) -> MetadataStatus:
    warnings = [
        *_ending(follower.valid_until, now),
        *_failing(follower.last_error),
        *_certificates(follower.certificates, now),
    ]
    kind = str(follower.metadata.kind)
    return MetadataStatus(
        name=follower.name,
        kind=f"{kind} {follower.metadata.where}" if kind == "source" else kind,
        refreshed_at=follower.refreshed_at or follower.fetched_at,
        valid_until=follower.valid_until,
        state=_state(warnings),
        warnings=tuple(warnings),
    )


def _state(warnings: Sequence[str]) -> str:
    return "; ".join(warnings) or "in force"


def _ending(valid_until: datetime | None, now: datetime) -> list[str]:
    if valid_until is None or valid_until > now + METADATA_WARNING:
        return []
    return ["expired" if valid_until <= now else f"ends {_in(valid_until - now)}"]


def _failing(last_error: str) -> list[str]:
    return [f"the last refresh was refused: {last_error}"] if last_error else []


def _certificates(certificates: Sequence[str], now: datetime) -> list[str]:
    """A warning for the certificate that ends first: at 30 days, at 7 days, and when it has ended."""
    ends = []
    for certificate in certificates:
        try:
            ends.append(ends_at(certificate))
        except ValueError:
            continue
    soonest = min(ends, default=None)
    if soonest is None or soonest > now + CERTIFICATE_WARNINGS[0]:
        return []
    if soonest <= now:
        return ["a certificate has ended"]
    within = min(threshold for threshold in CERTIFICATE_WARNINGS if soonest <= now + threshold)
    return [f"a certificate ends within {within.days} days"]


def _in(left: timedelta) -> str:
    return f"within {left.days + 1} days" if left >= timedelta(days=1) else "within a day"
