"""The page of the e-mails that `mail_transport = "folder"` has written to files, for development only."""

import email
import re
from email import policy
from email.message import EmailMessage
from pathlib import Path

from flask import Blueprint
from werkzeug.wrappers import Response

from config.mail import FOLDER
from config.web.pages import render
from idp.account_pages.password_pages import LetterOnPage, LettersPage
from idp.settings import Settings

PAGE_LENGTH = 20  # letters on the page


def letters_blueprint(settings: Settings) -> Blueprint:
    letters = Blueprint("letters", __name__)

    @letters.get("/demo/letters")
    def newest() -> Response:
        return render(LettersPage(letters=tuple(newest_letters(settings.data_folder / FOLDER))))

    return letters


def newest_letters(folder: Path) -> list[LetterOnPage]:
    """The newest letters in `folder`, newest first. The order of their file names is the order of their arrival."""
    files = sorted(folder.glob("[!.]*.eml"), reverse=True)[:PAGE_LENGTH]
    return [_on_page(email.message_from_bytes(file.read_bytes(), policy=policy.default)) for file in files]


def _on_page(letter: EmailMessage) -> LetterOnPage:
    body = letter.get_content()
    link = re.search(r"(?<!\S)https?://\S+/password/choose/\S+", body)
    return LetterOnPage(
        to=str(letter["To"]),
        subject=str(letter["Subject"]),
        sent_at=letter["Date"].datetime,
        body=body,
        link=link[0] if link else None,
    )
