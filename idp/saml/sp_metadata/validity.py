"""How long metadata are valid and when to refresh them: SAML V2.0 Metadata, sections 2.3.1 and 2.3.2."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from idp.saml.sp_metadata.faults import MetadataFault, MetadataRefused

SHORTEST_INTERVAL = timedelta(minutes=5)  # between two fetches of the same metadata
LONGEST_INTERVAL = timedelta(days=1)  # also if the metadata are valid for longer
CLOCK_SKEW = timedelta(minutes=2)

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,20})?(?:Z|[+-]\d\d:\d\d)?")
_DURATION = re.compile(
    r"P(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,9})(?:\.\d{1,9})?S)?)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """The validity that a signed document states. `published_at` is the creationInstant of MDRPI, section 2.2.1."""

    valid_until: datetime
    cache_duration: timedelta | None = None
    published_at: datetime | None = None

    def next_refresh(self, now: datetime) -> datetime:
        """When half of the remaining validity has passed, or after cacheDuration if that is sooner."""
        wait = (self.valid_until - now) / 2
        if self.cache_duration is not None:
            wait = min(wait, self.cache_duration)
        return now + min(max(wait, SHORTEST_INTERVAL), LONGEST_INTERVAL)

    def is_older_than(self, other: "Validity") -> bool:
        """Whether this was published before `other`. Without both creationInstants, the validUntil are compared."""
        if self.published_at is not None and other.published_at is not None:
            return self.published_at < other.published_at
        return self.valid_until < other.valid_until


def validity_of(
    *,
    valid_until: str | None,
    cache_duration: str | None,
    published_at: datetime | None,
    now: datetime,
    ceiling: timedelta,
) -> Validity:
    """The validity that the signed root states.

    Raises:
        MetadataRefused: validUntil is missing, has passed, or is later than `ceiling` from now.
    """
    if valid_until is None:
        raise MetadataRefused(MetadataFault.NO_VALID_UNTIL, "its root must have validUntil")
    until = instant(valid_until)
    if until is None:
        raise MetadataRefused(MetadataFault.NO_VALID_UNTIL, "validUntil must be an xs:dateTime", received=valid_until)
    if until <= now:
        raise MetadataRefused(MetadataFault.EXPIRED, "its validUntil has passed", received=valid_until)
    if until > now + ceiling + CLOCK_SKEW:
        raise MetadataRefused(
            MetadataFault.VALID_TOO_LONG, f"validUntil must be within {ceiling.days} days", received=valid_until
        )
    return Validity(valid_until=until, cache_duration=duration(cache_duration), published_at=published_at)


def retry_at(now: datetime, failures: int) -> datetime:
    """When to fetch again after `failures` refusals in a row: after 5 minutes, 10, 20 ... at most a day."""
    return now + min(SHORTEST_INTERVAL * (1 << min(failures - 1, 12)), LONGEST_INTERVAL)


def instant(text: str | None) -> datetime | None:
    """An xs:dateTime, in UTC if it has no time zone (Core, section 1.3.3); None if `text` is not one."""
    if text is None or not _DATE_TIME.fullmatch(text.strip()):
        return None
    try:
        read = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def duration(text: str | None) -> timedelta | None:
    """An xs:duration, with months of 30 days; None if `text` is not one."""
    found = _DURATION.fullmatch(text.strip()) if text is not None else None
    if found is None or not any(found.groupdict().values()):
        return None
    parts = {name: int(value or 0) for name, value in found.groupdict().items()}
    days = parts["years"] * 365 + parts["months"] * 30 + parts["days"]
    return timedelta(days=days, hours=parts["hours"], minutes=parts["minutes"], seconds=parts["seconds"])
