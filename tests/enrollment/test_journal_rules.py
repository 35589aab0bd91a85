"""What the journal of enrollment leaves out."""

import secrets

from config.logging_setup import redact
from enrollment.journal_rules import JOURNAL_RULES


def test_the_token_of_a_mailed_link_is_not_written():
    token = secrets.token_urlsafe(32)
    said = redact(f"GET http://127.0.0.1:8401/any/address/{token}?x=1 404", JOURNAL_RULES.redactions)
    assert token not in said
    assert said.startswith("GET http://127.0.0.1:8401/any/address/")


def test_neither_the_ticket_nor_the_handle_of_a_card_is_written():
    token = secrets.token_urlsafe(32)
    for address in ("/request/card/software?ticket=", "/request/card/return?handle=", "/card/hand-off/"):
        assert token not in redact(f"GET {address}{token} 303", JOURNAL_RULES.redactions)
