"""Sends e-mails: they are queued in the caller's transaction, and a job sends them by SMTP or into a folder.

They are plain text, in French or English. An invalid address or subject is reported
when the e-mail is queued, where the caller can handle it, and not later in the job.
"""

import logging
import os
import secrets
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from config.common_settings import CommonSettings, MailTransport, SmtpSecurity
from config.jobs import Jobs, PermanentFailure
from config.mail_addresses import is_address, is_line, named_address

JOB = "letter"
FOLDER = "letters"
TIMEOUT = timedelta(seconds=20)

_REFUSED = 400  # RFC 5321 section 4.2.1: 4yz is a temporary refusal
_PERMANENT = 500  # section 4.2.1: 5yz is a permanent refusal


journal = logging.getLogger("poterne.mail")


class LetterRefused(Exception):
    """The e-mail is invalid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An e-mail. `kind` identifies its purpose, for operators; `repr` does not show the body."""

    to: str
    subject: str
    body: str = field(repr=False)
    kind: str
    language: str = "fr"

    def __post_init__(self) -> None:
        if not is_address(self.to):
            raise LetterRefused("not an e-mail address")
        if not self.subject or not is_line(self.subject):
            raise LetterRefused("the subject must be one line of text")


class Letters:
    """Queues e-mails in a transaction, and sends them in a job."""

    def __init__(self, settings: CommonSettings, jobs: Jobs) -> None:
        self._settings = settings
        self._jobs = jobs
        jobs.register(JOB, self._deliver)

    def post(self, session: Session, letter: Letter) -> str:
        """Queue the e-mail in the caller's transaction: it is sent only if that commits. Return its Message-ID."""
        message_id = self._message_id()
        self._jobs.add(session, JOB, asdict(letter) | {"message_id": message_id})
        return message_id

    def _deliver(self, payload: dict[str, Any]) -> None:
        """Send an e-mail. A retry keeps its Message-ID, so that mail programs show it once."""
        message_id = payload.pop("message_id")
        message = as_message(Letter(**payload), sender=_sender(self._settings), message_id=message_id)
        if self._settings.mail_transport is MailTransport.FOLDER:
            put_in_folder(message, self._settings.data_folder / FOLDER)
        else:
            _send(message, self._settings)

    def _message_id(self) -> str:
        return make_msgid(domain=_sender(self._settings).domain)


def _sender(settings: CommonSettings) -> Address:
    name, address = named_address(settings.mail_from) or ("", "poterne@localhost.example")
    return Address(display_name=name, addr_spec=address)


def warn_of_mail_server(settings: CommonSettings) -> None:
    """Warn in the journal, at the start of the service, that e-mails cannot be sent. Sending is still tried."""
    if problem := mail_server_problem(settings):
        journal.warning("e-mails cannot be sent: %s", problem)


def mail_server_problem(settings: CommonSettings) -> str | None:
    """Why the mail server would refuse our e-mails, with the setting to change; None when it would accept them.

    A session is opened as for sending, up to the sender (MAIL FROM), and then reset.
    """
    if settings.mail_transport is not MailTransport.SMTP:
        return None
    where = f"{settings.smtp_host} port {settings.smtp_port}"
    try:
        with _connected(settings) as server:
            server.ehlo_or_helo_if_needed()
            code, _ = server.mail(_sender(settings).addr_spec)
            server.rset()
    except smtplib.SMTPAuthenticationError as refused:
        return f"smtp_username: {where} refuses the account or its password ({refused.smtp_code})"
    except smtplib.SMTPNotSupportedError:
        return f"smtp_security, smtp_username: {where} does not support them"
    except ssl.SSLError as refused:
        return f"smtp_security: TLS with {where} failed: {refused.reason}"
    except (smtplib.SMTPException, OSError) as away:
        reason = away.strerror if isinstance(away, OSError) and away.strerror else type(away).__name__
        return f"smtp_host, smtp_port: {where} does not answer as a mail server: {reason}"
    return None if code < _REFUSED else f"mail_from: {where} refuses this sender ({code})"


def as_message(letter: Letter, *, sender: Address, message_id: str) -> EmailMessage:
    """The e-mail as a message (RFC 5322), in UTF-8. Auto-Submitted (RFC 3834) prevents automatic replies."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Letter-Kind"] = letter.kind
    message.set_content(letter.body, charset="utf-8", cte="quoted-printable")
    message["Content-Language"] = letter.language  # after the content, which replaces every Content- header
    return message


def put_in_folder(message: EmailMessage, folder: Path) -> Path:
    """Write the message to a file that only we can read, atomically. File names sort in order of arrival."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}.eml"
    draft = folder / f".{name}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(bytes(message))
    return draft.rename(folder / name)


def _send(message: EmailMessage, settings: CommonSettings) -> None:
    """Send the message by SMTP.

    Raises:
        PermanentFailure: the server refused it for good (5yz). Other errors are retried.
    """
    try:
        with _connected(settings) as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as refused:
        if all(code >= _PERMANENT for code, _ in refused.recipients.values()):
            raise PermanentFailure("the server refuses this recipient") from None
        raise
    except smtplib.SMTPDataError as refused:
        if refused.smtp_code >= _PERMANENT:
            raise PermanentFailure("the server refuses this e-mail") from None
        raise


@contextmanager
def _connected(settings: CommonSettings) -> Iterator[smtplib.SMTP]:
    """An SMTP session. TLS and STARTTLS verify the server's name; no account is sent before STARTTLS."""
    host, port, timeout = settings.smtp_host, settings.smtp_port, TIMEOUT.total_seconds()
    server: smtplib.SMTP
    if settings.smtp_security is SmtpSecurity.TLS:
        server = smtplib.SMTP_SSL(host, port, timeout=timeout, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, port, timeout=timeout)
    with server:
        if settings.smtp_security is SmtpSecurity.STARTTLS:
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_username:
            server.login(settings.smtp_username, settings.smtp_password)
        yield server
