"""The journal, for those who run us: one JSON line an event, with the number of the request, and no secret.

Secrets are kept out three times. Our own code does not log them. The libraries
that do (pyop writes codes at INFO, and the private signing key at DEBUG) are held
at WARNING whatever the log level. And what looks like a secret is struck out of every
line, by whoever it was written: the name of a parameter, the shape of a token.

What is told of a request is bounded, and costs in proportion to its length.

Who did what to whom is the audit trail (`audit.py`), not this.
"""

import json
import logging
import re
import sys
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, TextIO

from config.common_settings import CommonSettings
from config.escaping import escaped_json
from config.web.request_id import current_request_id

HELD: Final = dict.fromkeys(("pyop", "oic", "jwkest", "xmlschema"), logging.WARNING) | {"saml2": logging.CRITICAL}
"""Libraries that write requests, tokens, keys or noise below this level; pysaml2 does so in its errors too."""

STRUCK_OUT: Final = "[struck out]"

LONGEST: Final = 500
"""Characters of a message, of a field and of a line of a trace: strangers choose some of them."""
LOOKED_AT: Final = 4 * LONGEST  # before secrets are struck out, which makes a text shorter
MOST_ITEMS: Final = 50  # of a list or table, in a field
MOST_LINES: Final = 400  # of a trace

_NAMED: Final = (
    r"(?:[\w-]*[_-])?"  # access_token, client_secret, __Host-idp-session ...
    r"(?:assertion|authorization|code_verifier|code|cookie|csrf|encryption_key|hint|passwd|(?:new|old|current)?password|pin"
    r"|private_key|request_uri|samlrequest|samlresponse|secret|session|sid|token)"
)
_PRIVATE_JWK_MEMBER: Final = "(?:d|p|q|dp|dq|qi|k)"  # RFC 7518, 6.2.2, 6.3.2 and 6.4
_QUOTED: Final = r"""b?"(?:[^"\\]++|\\.)*+(?:"|\Z)|b?'(?:[^'\\]++|\\.)*+(?:'|\Z)"""  # whole, or cut short
_VALUE: Final = rf"""(?:{_QUOTED}|[^\s&;,'")}}\]]+)"""

# Each is linear in what a stranger sends: it begins where a word begins, and gives nothing back (possessive) or finds
# its end at the end of the text. tests/attacks/test_regular_expressions.py measures all of ours.
_STRIKES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), kept)
    for pattern, kept in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", STRUCK_OUT),
        (r"\b(authorization|cookie|set-cookie)(['\"]?\s*[:=]\s*)[^\r\n]*", rf"\1\2{STRUCK_OUT}"),
        (r"\b(bearer|basic|dpop)\s+[\w.~+/=-]{6,}", rf"\1 {STRUCK_OUT}"),
        # a JWS or JWE, RFC 7515 and 7516
        (r"(?<![\w-])((?:(?!eyJ)[\w-])*+)eyJ[\w-]{5,}+\.[\w-]*+(?:\.[\w-]*+){0,3}", rf"\1{STRUCK_OUT}"),
        (r"(\[parameters: ).*?(\]\s|\]$|\Z)", rf"\1{STRUCK_OUT}\2"),  # SQLAlchemy's errors
        (rf"(['\"])({_NAMED})\1(\s*[:=,]\s*)(?:\[[^\]]*+(?:\]|\Z)|{_VALUE})", rf"\1\2\1\3{STRUCK_OUT}"),
        (rf"(['\"])({_PRIVATE_JWK_MEMBER})\1(\s*:\s*)(?:{_QUOTED})", rf"\1\2\1\3{STRUCK_OUT}"),
        (rf"(?<![\w-])({_NAMED})(\s*=\s*|:\s+){_VALUE}", rf"\1\2{STRUCK_OUT}"),
        (r"(?<![\w-])((?:(?!__(?:Host|Secure)-)[\w-])*+__(?:Host|Secure)-[\w-]++=)[^\s;,'\"]+", rf"\1{STRUCK_OUT}"),
        (r"(/password/choose/)[^\s/?#'\"]+", rf"\1{STRUCK_OUT}"),
        (r"(/login/)[\w-]{16,}", rf"\1{STRUCK_OUT}"),
        (r"(\w://[^\s/:@]*:)[^\s/@]+(@)", rf"\1{STRUCK_OUT}\2"),
        (r"\b(code) '[^']*+(?:'|\Z)", rf"\1 {STRUCK_OUT}"),  # pyop's way of quoting one
    )
)
_SECRET_FIELD: Final = re.compile(rf"(?:{_NAMED})\Z", re.IGNORECASE)
_RECORD_S_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def redact(text: str) -> str:
    """`text` without what looks like a secret. What is left may say less than one wished; never more."""
    for pattern, kept in _STRIKES:
        text = pattern.sub(kept, text)
    return text


def bounded(text: str) -> str:
    """The same of at most `LONGEST` characters. What is cut off before secrets are looked for cuts none in two."""
    struck = redact(text[:LOOKED_AT])
    return struck if len(struck) <= LONGEST and len(text) <= LOOKED_AT else f"{struck[:LONGEST]}..."


def _trace(text: str) -> str:
    lines = text.split("\n")
    shown = [line if len(line) <= LONGEST else f"{line[:LONGEST]}..." for line in lines[:MOST_LINES]]
    return redact("\n".join(shown)) + ("\n..." if len(lines) > MOST_LINES else "")


class JsonLine(logging.Formatter):
    """An event as one line: when, how serious, who says it, in which request, what, and its own fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": current_request_id(),
            "message": bounded(_said(record)),
        }
        for name, value in vars(record).items():
            if name not in _RECORD_S_OWN and not name.startswith("_"):
                line[name if name not in line else f"{name}_"] = _struck(name, value)
        if record.exc_info:
            line["trace"] = _trace(self.formatException(record.exc_info))
        known = {name: value for name, value in line.items() if value is not None}
        return escaped_json(json.dumps(known, ensure_ascii=False))  # a journal is read on terminals


class _Held(logging.Filter):
    """Keeps what the held libraries say below their level out, even if somebody lowers that level later."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= HELD.get(record.name.partition(".")[0], logging.NOTSET)


class _Journal(logging.Handler):
    """Writes to `to`, or to what standard error is at that moment."""

    def __init__(self, to: TextIO | None) -> None:
        super().__init__()
        self._to = to
        self.setFormatter(JsonLine())
        self.addFilter(_Held())

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError):  # when standard error is gone there is nobody left to tell
            (self._to or sys.stderr).write(self.format(record) + "\n")


def configure(settings: CommonSettings) -> None:
    """From now on every logger of this process writes to the journal, on standard error."""
    write_journal(settings.log_level)


def write_journal(level: str, *, to: TextIO | None = None) -> None:
    """Have every logger of this process write to `to`, in place of the journal that may have been before."""
    root = logging.getLogger()
    root.handlers[:] = [other for other in root.handlers if not isinstance(other, _Journal)]
    root.addHandler(_Journal(to))
    root.setLevel(level)
    for name, least in HELD.items():
        logging.getLogger(name).setLevel(least)


def _said(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # a message that does not fit its arguments is a fault, but not the reader's
        return str(record.msg)


def _struck(name: str, value: Any) -> Any:
    if _SECRET_FIELD.match(name):
        return STRUCK_OUT
    match value:
        case None | bool() | int() | float():
            return value
        case dict():
            items = islice(value.items(), MOST_ITEMS)
            return {bounded(str(key)): _struck(str(key)[:LONGEST], item) for key, item in items}
        case list() | tuple() | set() | frozenset():
            return [_struck("", item) for item in islice(value, MOST_ITEMS)]
    return bounded(str(value))
