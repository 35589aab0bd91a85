"""The page of the e-mails that `mail_transport = "folder"` has written to files, for development only.

It shows those of the identity provider, and those of the demonstration's enrollment.
"""

import email
import re
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import ClassVar

from flask import Blueprint
from werkzeug.wrappers import Response

from config.mail import FOLDER
from config.web.pages import Page, render
from idp.demo import enrollment
from idp.settings import Settings

PAGE_LENGTH = 20  # letters on the page
_LINK = re.compile(r"(?<!\S)https?://[^\s/]+/(?:password/choose|verify|resume|status|invitation)/\S+")
"""The link of a letter, which the page offers to follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterOnPage:
    """An e-mail that the demonstration keeps instead of sending it."""

    to: str
    subject: str
    sent_at: datetime
    body: str = field(repr=False)
    link: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersPage(Page):
    """In development only: the e-mails of the demonstration, the newest first."""

    template: ClassVar[str] = "accounts/letters.html"

    letters: tuple[LetterOnPage, ...] = ()

    @property
    def path(self) -> str:
        return "/demo/letters"


def letters_blueprint(settings: Settings) -> Blueprint:
    letters = Blueprint("letters", __name__)

    @letters.get("/demo/letters")
    def newest() -> Response:
        folders = (settings.data_folder / FOLDER, settings.data_folder / enrollment.NAME / FOLDER)
        return render(LettersPage(letters=tuple(newest_letters(*folders))))

    return letters


def newest_letters(*folders: Path) -> list[LetterOnPage]:
    """The newest letters in `folders`, newest first. The order of their file names is the order of their arrival."""
    found = (file for folder in folders for file in folder.glob("[!.]*.eml"))
    files = sorted(found, key=lambda file: file.name, reverse=True)[:PAGE_LENGTH]
    return [_on_page(email.message_from_bytes(file.read_bytes(), policy=policy.default)) for file in files]


def _on_page(letter: EmailMessage) -> LetterOnPage:
    body = letter.get_content()
    link = _LINK.search(body)
    return LetterOnPage(
        to=str(letter["To"]),
        subject=str(letter["Subject"]),
        sent_at=letter["Date"].datetime,
        body=body,
        link=link[0] if link else None,
    )
