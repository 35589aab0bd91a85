"""What enrollment adds to the rules of the journal (config/logging_setup.py): its addresses contain secrets."""

import re
from typing import Final

from config.logging_setup import REDACTED, JournalRules

JOURNAL_RULES: Final = JournalRules(
    least_levels={},
    redactions=(
        (re.compile(r"/[\w-]{40,}"), f"/{REDACTED}"),  # the token at the end of a mailed link has 43
        (re.compile(r"\b((?:ticket|handle|card)=)[\w-]+"), rf"\1{REDACTED}"),  # of a card
    ),
)
