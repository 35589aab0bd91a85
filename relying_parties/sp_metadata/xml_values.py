"""Reads simple values of XML Schema as SAML uses them, and collects the problems of a document."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lxml import etree

from relying_parties.problems import Problem, shown

MOST_PROBLEMS = 50

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,7})D)?"
    r"(?:T(?=.)(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,10})(?:\.\d+)?S)?)?",
    re.ASCII,
)
_DAYS = (365, 30, 1)  # of a year, a month, a day: exact enough for a cache duration


@dataclass(slots=True)
class Findings:
    """The problems of a document found so far, at most `MOST_PROBLEMS`."""

    problems: list[Problem] = field(default_factory=list)

    def refuse(self, place: str, received: object, change: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(field=place, received=shown(received), change=change))


def numbered(parent: etree._Element, name: str) -> Iterator[tuple[str, etree._Element]]:
    """The children with that name, each with its place for messages: `KeyDescriptor 2`."""
    for number, element in enumerate(parent.iterchildren(name), start=1):
        yield f"{etree.QName(element).localname} {number}", element


def text_of(element: etree._Element) -> str:
    return (element.text or "").strip()


def boolean(element: etree._Element, name: str, place: str, findings: Findings) -> bool | None:
    """xs:boolean; None where the attribute is absent or refused."""
    value = element.get(name)
    if value is None:
        return None
    if value.strip() not in _BOOLEANS:
        findings.refuse(f"{place}, {name}", value, "must be true or false")
    return _BOOLEANS.get(value.strip())


def index(element: etree._Element, place: str, findings: Findings) -> int | None:
    """xs:unsignedShort."""
    value = element.get("index", "")
    if re.fullmatch(r"\d{1,5}", value, re.ASCII) and int(value) <= 65_535:
        return int(value)
    findings.refuse(f"{place}, index", value or None, "must be a number from 0 to 65535")
    return None


def instant(element: etree._Element, name: str, place: str, findings: Findings) -> datetime | None:
    """xs:dateTime; UTC when it has no time zone (SAML V2.0 Core, section 1.3.3)."""
    value = element.get(name)
    if value is None:
        return None
    with suppress(ValueError, OverflowError):
        if _INSTANT.fullmatch(value):
            read = datetime.fromisoformat(value)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    findings.refuse(f"{place}, {name}", value, "must be an instant, such as 2027-01-31T12:00:00Z")
    return None


def duration(element: etree._Element, name: str, place: str, findings: Findings) -> timedelta | None:
    """xs:duration, as a `timedelta`."""
    value = element.get(name)
    if value is None:
        return None
    written = _DURATION.fullmatch(value)
    if written is None:
        findings.refuse(f"{place}, {name}", value, "must be a duration, such as PT6H")
        return None
    years, months, days, hours, minutes, seconds = (int(part or 0) for part in written.groups())
    days = sum(count * each for count, each in zip((years, months, days), _DAYS, strict=True))
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
