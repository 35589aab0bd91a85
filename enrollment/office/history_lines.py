"""The history of a request, as its page shows it to operators."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.web.language import gettext
from enrollment.messages import SENTENCES as COMMON_SENTENCES
from enrollment.office.messages import SENTENCES
from enrollment.requests.models import RequestEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """A line of the history: the code of what happened, what it is about, who did it and when."""

    code: str
    about: str
    by: str
    at: datetime


def history_line(event: RequestEvent, names: dict[tuple[str, str], str]) -> HistoryLine:
    """The line of an event. `names` has the words for each part, by its kind and name."""
    code = f"event.{event.kind}"
    return HistoryLine(
        code=code if code in SENTENCES else "event.other",
        about=", ".join(_about(event.detail, names)),
        by=str(event.detail.get("by", "")),
        at=event.at,
    )


def _about(detail: Mapping[str, Any], names: dict[tuple[str, str], str]) -> Iterator[str]:
    """What an event is about: a part, its refusal, an account or an operator, fields, the document that was seen."""
    if "kind" in detail:
        kind, name = str(detail["kind"]), str(detail.get("name", ""))
        yield names.get((kind, name), name)
    for member in ("username", "to", "voter"):
        if detail.get(member):
            yield str(detail[member])
    codes = [f"refusal.{detail.get('code')}", f"document.{detail.get('document')}"]
    codes += [f"person.{field}" for field in detail.get("fields", ())]
    known = SENTENCES | COMMON_SENTENCES
    yield from (gettext(known[code]) for code in codes if code in known)
