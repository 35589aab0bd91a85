"""The page of the letters that did not leave: development only, where letters go into a folder."""

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

SHOWN = 20


def letters_blueprint(settings: Settings) -> Blueprint:
    letters = Blueprint("letters", __name__)

    @letters.get("/demo/letters")
    def newest() -> Response:
        return render(LettersPage(letters=tuple(newest_letters(settings.data_folder / FOLDER))))

    return letters


def newest_letters(folder: Path) -> list[LetterOnPage]:
    """The last letters put into `folder`, whose names are in order of arrival, the newest first."""
    files = sorted(folder.glob("[!.]*.eml"), reverse=True)[:SHOWN]
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
