"""What the identity provider adds to the rules of the journal (config/logging_setup.py).

Its libraries write requests, codes, tokens and keys; its addresses contain secrets.
"""

import logging
import re
from typing import Final

from config.logging_setup import REDACTED, JournalRules, Redaction

_REDACTIONS: Final[tuple[Redaction, ...]] = (
    (re.compile(r"(/password/choose/)[^\s/?#'\"]+", re.IGNORECASE), rf"\1{REDACTED}"),
    (re.compile(r"(/card/(?:hand-off|tls)/)[^\s/?#'\"]+", re.IGNORECASE), rf"\1{REDACTED}"),
    (re.compile(r"\b((?:ticket|handle|card)=)[\w-]+", re.IGNORECASE), rf"\1{REDACTED}"),
    (re.compile(r"(/login/(?:[\w.~-]{1,64}:)?)[\w-]{16,}", re.IGNORECASE), rf"\1{REDACTED}"),
    (re.compile(r"\b(code) '[^']*+(?:'|\Z)", re.IGNORECASE), rf"\1 {REDACTED}"),  # pyop quotes codes so
)

JOURNAL_RULES: Final = JournalRules(
    least_levels={
        "jwkest": logging.WARNING,
        "oic": logging.WARNING,
        "pyop": logging.WARNING,  # writes codes at INFO, and the private signing key at DEBUG
        "saml2": logging.CRITICAL,  # writes messages and keys in its errors too
        "xmlschema": logging.WARNING,
    },
    redactions=_REDACTIONS,
)
