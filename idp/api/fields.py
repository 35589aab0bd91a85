"""Reads the members of a JSON body by their types, and collects every problem before one is raised."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from config.escaping import is_invisible
from config.strict_parsing import InvalidJson, parse_json_object
from idp.api.problems import ApiProblem, body_problem

LARGEST_BODY: Final = 65_536  # octets
LONGEST_NAME: Final = 255  # characters of a subject, a handle, a client_id, or the name of a community


class Members:
    """The members of one object of the body. `place` is its name in problems, "" for the body itself."""

    def __init__(self, values: Mapping[str, Any], place: str = "", problems: list[str] | None = None) -> None:
        self._values = values
        self._place = place
        self._read: set[str] = set()
        self.problems: list[str] = [] if problems is None else problems

    @property
    def canonical(self) -> str:
        """The same text for the same members, in whatever order and with whatever spaces they were sent."""
        return json.dumps(self._values, sort_keys=True)

    def refuse(self, name: str, change: str) -> None:
        self.problems.append(f"{self._name(name)}: {change}")

    def refuse_unknown(self) -> None:
        """Refuse the members that were not read."""
        for name in sorted(set(self._values) - self._read):
            self.refuse(name[:40] if name.isprintable() else ascii(name[:40]), "is not a member that is known here")

    def raise_problems(self) -> None:
        """Refuse the members that were not read, then raise every problem.

        Raises:
            ApiProblem: 422.
        """
        self.refuse_unknown()
        if self.problems:
            raise body_problem(self.problems)

    def has(self, name: str) -> bool:
        """Whether the member is there and is not null."""
        return self._value(name) is not None

    def text(self, name: str, *, longest: int, least: int = 0, prose: bool = False) -> str:
        """A text; "" when it is absent or null. Only `prose` may have several lines, whose ends become LF."""
        value = self._value(name)
        if prose and isinstance(value, str):
            value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
        if value is None or value == "":
            if least:
                self.refuse(name, "must be given")
            return ""
        if not isinstance(value, str):
            self.refuse(name, "must be text")
        elif len(value) > longest:
            self.refuse(name, f"must be at most {longest} characters")
        elif any(is_invisible(each, keeping="\n" if prose else "") for each in value):
            self.refuse(name, "must have no control or invisible character")
        else:
            return unicodedata.normalize("NFC", value.strip())
        return ""

    def instant(self, name: str) -> datetime | None:
        """An instant in the form of RFC 3339, with its offset; None when it is absent or null.

        It is of this century or the next: at the ends of the calendar, no page could say it in the time of the region.
        """
        value = self._value(name)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
            if found is not None and found.tzinfo is not None and 2000 <= found.year < 2200:
                return found.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        self.refuse(name, "must be an instant such as 2026-11-29T20:00:00Z")
        return None

    def boolean(self, name: str) -> bool:
        """True or false; false when it is absent or null."""
        value = self._value(name)
        if not (value is None or isinstance(value, bool)):
            self.refuse(name, "must be true or false")
        return value is True

    def members(self, name: str) -> "Members | None":
        """An object; None when it is absent or null."""
        value = self._value(name)
        if value is not None and not isinstance(value, dict):
            self.refuse(name, "must be an object")
        return Members(value, self._name(name), self.problems) if isinstance(value, dict) else None

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        """An object as it was sent, for a reader of its own; None when it is absent, null or no object."""
        value = self._value(name)
        if value is not None and not isinstance(value, dict):
            self.refuse(name, "must be an object")
        return value if isinstance(value, dict) else None

    def listed(self, name: str, *, most: int) -> Sequence["Members"]:
        """A list of objects; empty when it is absent or null."""
        value = self._value(name)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > most or not all(isinstance(each, dict) for each in value):
            self.refuse(name, f"must be a list of at most {most} objects")
            return ()
        return [Members(each, f"{self._name(name)}[{number}]", self.problems) for number, each in enumerate(value)]

    def _value(self, name: str) -> Any:
        self._read.add(name)
        return self._values.get(name)

    def _name(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name


def read_body(octets: bytes, content_type: str) -> Members:
    """The object in the body of a call.

    Raises:
        ApiProblem: 413, 415 or 422.
    """
    if content_type != "application/json":
        raise ApiProblem(415, "body.type", "send Content-Type: application/json")
    if len(octets) > LARGEST_BODY:
        raise ApiProblem(413, "body.too-large", f"the body must be at most {LARGEST_BODY} octets")
    try:
        return Members(parse_json_object(octets))
    except InvalidJson as invalid:
        raise body_problem([f"the body: {invalid}"]) from None
