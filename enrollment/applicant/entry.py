"""The entry: what the four steps are, and when the answer comes."""

from dataclasses import dataclass
from typing import ClassVar

from flask import Blueprint, Response

from config.web.pages import Page, render
from enrollment.settings import EnrollmentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage(Page):
    """The first page of the service."""

    template: ClassVar[str] = "applicant/entry.html"

    working_days: int
    sign_on_url: str

    @property
    def path(self) -> str:
        return "/"


def entry_blueprint(settings: EnrollmentSettings) -> Blueprint:
    entry = Blueprint("entry", __name__)

    @entry.get("/")
    def show() -> Response:
        return render(EntryPage(working_days=settings.announced_working_days, sign_on_url=settings.idp_issuer))

    return entry
