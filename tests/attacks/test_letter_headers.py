"""A letter goes where it was meant to go, and says what we wrote, whatever a stranger typed in a form."""

from email.headerregistry import Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.mail import Letter, LetterRefused, as_message

US = Address(addr_spec="us@id.example")


def letter(**given):
    return Letter(**{"to": "jeanne@exemple.test", "subject": "Bonjour", "body": "…", "kind": "welcome"} | given)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\x85", "\x0b", "\x00"])
@pytest.mark.parametrize("field", ["to", "subject"])
def test_a_line_end_adds_no_recipient(field, end):
    typed = f"jeanne@exemple.test{end}Bcc: everyone@exemple.test"
    try:
        message = as_message(letter(**{field: typed}), sender=US, message_id="<1@id.example>")
    except LetterRefused:
        return
    assert "bcc" not in {name.lower() for name in message.keys()}  # noqa: SIM118 - a header may come twice
    assert b"\nbcc:" not in bytes(message).lower()


@given(subject=st.text(min_size=1, max_size=200), body=st.text(max_size=200))
def test_no_subject_and_no_body_changes_the_headers(subject, body):
    try:
        message = as_message(letter(subject=subject, body=body), sender=US, message_id="<1@id.example>")
    except LetterRefused:
        return
    headers = bytes(message).partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    names = [line.partition(":")[0] for line in headers if not line.startswith((" ", "\t"))]
    assert names == [
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Letter-Kind",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Content-Language",
    ]  # fmt: skip
