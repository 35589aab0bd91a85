"""The journal: the service's log, one JSON object a line, with the request's number and without secrets.

Three things keep secrets out. Our own code does not log them. Loggers of libraries that write secrets have a least
level, which the log level does not lower (`JournalRules.least_levels`). And whatever looks like a secret in a line is
replaced, by the name of a parameter or by the shape of a token.

The length of a line is bounded, and writing one costs time in proportion to it.

Not here: who did what, which is in the audit trail (config/audit).
"""

import json
import logging
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, TextIO

from config.common_settings import CommonSettings
from config.escaping import escaped_json
from config.web.request_id import current_request_id

REDACTED: Final = "[redacted]"

_LISTS_ITS_PARTS: Final = "alembic.runtime.plugins"  # seven lines at each start

LONGEST: Final = 500  # characters of a message, of a field and of a line of a traceback: strangers choose some of them
LONGEST_READ: Final = 4 * LONGEST  # before secrets are replaced, which makes a text shorter
MOST_ITEMS: Final = 50  # of a list or table, in a field
MOST_LINES: Final = 400  # of a traceback

_NAMED: Final = (
    r"(?:[\w-]*[_-])?"  # access_token, client_secret, __Host-idp-session ...
    r"(?:assertion|authorization|code_verifier|code|cookie|csrf|encryption_key|hint|passwd|(?:new|old|current)?password|pin"
    r"|private_key|request_uri|samlrequest|samlresponse|secret|session|sid|token)"
)
_PRIVATE_JWK_MEMBER: Final = "(?:d|p|q|dp|dq|qi|k)"  # RFC 7518, 6.2.2, 6.3.2 and 6.4
_QUOTED: Final = r"""b?"(?:[^"\\]++|\\.)*+(?:"|\Z)|b?'(?:[^'\\]++|\\.)*+(?:'|\Z)"""  # whole, or cut short
_VALUE: Final = rf"""(?:{_QUOTED}|[^\s&;,'")}}\]]+)"""

Redaction = tuple[re.Pattern[str], str]
"""A pattern that finds a secret, and its replacement."""

# The time of each is linear in the length of the text: it begins at a word's beginning, and does not backtrack
# (possessive) or extends to the end of the text. tests/attacks/test_regular_expressions.py measures every pattern.
_REDACTIONS: Final[tuple[Redaction, ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", REDACTED),
        (r"\b(authorization|cookie|set-cookie)(['\"]?\s*[:=]\s*)[^\r\n]*", rf"\1\2{REDACTED}"),
        (r"\b(bearer|basic|dpop)\s+[\w.~+/=-]{6,}", rf"\1 {REDACTED}"),
        # a JWS or JWE, RFC 7515 and 7516
        (r"(?<![\w-])((?:(?!eyJ)[\w-])*+)eyJ[\w-]{5,}+\.[\w-]*+(?:\.[\w-]*+){0,3}", rf"\1{REDACTED}"),
        (r"(\[parameters: ).*?(\]\s|\]$|\Z)", rf"\1{REDACTED}\2"),  # SQLAlchemy's errors
        (rf"(['\"])({_NAMED})\1(\s*[:=,]\s*)(?:\[[^\]]*+(?:\]|\Z)|{_VALUE})", rf"\1\2\1\3{REDACTED}"),
        (rf"(['\"])({_PRIVATE_JWK_MEMBER})\1(\s*:\s*)(?:{_QUOTED})", rf"\1\2\1\3{REDACTED}"),
        (rf"(?<![\w-])({_NAMED})(\s*=\s*|:\s+){_VALUE}", rf"\1\2{REDACTED}"),
        (r"(?<![\w-])((?:(?!__(?:Host|Secure)-)[\w-])*+__(?:Host|Secure)-[\w-]++=)[^\s;,'\"]+", rf"\1{REDACTED}"),
        (r"(\w://[^\s/:@]*:)[^\s/@]+(@)", rf"\1{REDACTED}\2"),
    )
)
_SECRET_FIELD: Final = re.compile(rf"(?:{_NAMED})\Z", re.IGNORECASE)
_STANDARD_FIELDS: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRules:
    """What a service adds to the rules of its journal.

    `least_levels` maps the logger of a library to the least level that is written, for libraries that write secrets
    or noise below it. `redactions` find the secrets that only this service has, such as those in its addresses; their
    time must be linear in the length of the text.
    """

    least_levels: Mapping[str, int]
    redactions: tuple[Redaction, ...] = ()


NO_RULES: Final = JournalRules(least_levels={})


def redact(text: str, redactions: tuple[Redaction, ...] = ()) -> str:
    """`text` with everything that looks like a secret replaced, by our patterns and by `redactions`."""
    for pattern, replacement in _REDACTIONS + redactions:
        text = pattern.sub(replacement, text)
    return text


def bounded(text: str, redactions: tuple[Redaction, ...] = ()) -> str:
    """`text` redacted, and cut to `LONGEST` characters. A secret at the cut is replaced before the text is cut."""
    redacted = redact(text[:LONGEST_READ], redactions)
    return redacted if len(redacted) <= LONGEST and len(text) <= LONGEST_READ else f"{redacted[:LONGEST]}..."


def _traceback(text: str, redactions: tuple[Redaction, ...]) -> str:
    lines = text.split("\n")
    shown = [line if len(line) <= LONGEST else f"{line[:LONGEST]}..." for line in lines[:MOST_LINES]]
    return redact("\n".join(shown), redactions) + ("\n..." if len(lines) > MOST_LINES else "")


class JsonLine(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, request, message, and the record's own fields."""

    def __init__(self, rules: JournalRules = NO_RULES) -> None:
        super().__init__()
        self._redactions = rules.redactions

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": current_request_id(),
            "message": bounded(_message(record), self._redactions),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD_FIELDS and not name.startswith("_"):
                line[name if name not in line else f"{name}_"] = self._redacted(name, value)
        if record.exc_info:
            line["trace"] = _traceback(self.formatException(record.exc_info), self._redactions)
        known = {name: value for name, value in line.items() if value is not None}
        return escaped_json(json.dumps(known, ensure_ascii=False))  # a terminal may show the journal

    def _redacted(self, name: str, value: Any) -> Any:
        if _SECRET_FIELD.match(name):
            return REDACTED
        match value:
            case None | bool() | int() | float():
                return value
            case dict():
                items = islice(value.items(), MOST_ITEMS)
                return {
                    bounded(str(key), self._redactions): self._redacted(str(key)[:LONGEST], item) for key, item in items
                }
            case list() | tuple() | set() | frozenset():
                return [self._redacted("", item) for item in islice(value, MOST_ITEMS)]
        return bounded(str(value), self._redactions)


class _LeastLevels(logging.Filter):
    """Drops records below the least level of their library, even if other code lowers the level of its logger."""

    def __init__(self, least_levels: Mapping[str, int]) -> None:
        super().__init__()
        self._least_levels = least_levels

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= self._least_levels.get(record.name.partition(".")[0], logging.NOTSET)


class _Journal(logging.Handler):
    """Writes to `to`, or to the standard error of the moment."""

    def __init__(self, rules: JournalRules, to: TextIO | None) -> None:
        super().__init__()
        self._to = to
        self.setFormatter(JsonLine(rules))
        self.addFilter(_LeastLevels(rules.least_levels))

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError):  # without standard error, an error could not be reported either
            (self._to or sys.stderr).write(self.format(record) + "\n")


def configure(settings: CommonSettings, rules: JournalRules) -> None:
    """Make every logger of this process write to the journal, on standard error."""
    write_journal(settings.log_level, rules)


def write_journal(level: str, rules: JournalRules, *, to: TextIO | None = None) -> None:
    """Make every logger of this process write to `to` from `level` on. Replaces an earlier journal."""
    root = logging.getLogger()
    root.handlers[:] = [other for other in root.handlers if not isinstance(other, _Journal)]
    root.addHandler(_Journal(rules, to))
    root.setLevel(level)
    for name, least in rules.least_levels.items():
        logging.getLogger(name).setLevel(least)
    logging.getLogger(_LISTS_ITS_PARTS).setLevel(logging.WARNING)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # the arguments do not fit the message
        return str(record.msg)
