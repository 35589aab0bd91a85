"""A draft is resumed in another browser, or later, and a request is followed: both by a link that is mailed.

The link to resume is used once, by the press of a button. It gives the draft to this browser, and the former one
loses it: a draft is open in one browser. Its card is read again: a card counts in the browser that has read it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from config.web.pages import FormPage, Page, render
from enrollment.applicant.anti_bot import Pace
from enrollment.applicant.email_form import read_email
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import READING_OVER
from enrollment.requests.card import forget_reading
from enrollment.requests.links import find_link, is_good, new_token, token_hash
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import LinkPurpose

LINKS: Final = Pace(10, 15.0)
"""Links that are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskLinkPage(FormPage):
    """Where a link is asked for: to resume a draft (`resume`) or to follow a request (`follow`)."""

    template: ClassVar[str] = "applicant/ask_link.html"

    purpose: str
    email: str = ""
    is_asked: bool = False

    @property
    def path(self) -> str:
        return f"/{self.purpose}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePage(Page):
    """The button that opens the draft here; without a token, why the link is good no more."""

    template: ClassVar[str] = "applicant/resume.html"

    token: str | None

    @property
    def path(self) -> str:
        return "/resume" if self.token is None else f"/resume/{self.token}"


def resume_blueprint(services: ApplicantServices) -> Blueprint:
    resume = Blueprint("resume", __name__)

    def asking(purpose: str) -> AnyResponse:
        draft = services.draft()
        return render(AskLinkPage(purpose=purpose, email=draft.request.email if draft else ""))

    def asked(purpose: str) -> AnyResponse:
        email, problems = read_email()
        if problems:
            return render(AskLinkPage(purpose=purpose, email=email, problems=problems), 422)
        services.refuse_too_many("ask-link", LINKS)
        services.drafts.give_first_address(services.key(), email)
        services.mailed_links.ask(email)
        return render(AskLinkPage(purpose=purpose, email=email, is_asked=True))

    @resume.get("/resume")
    def ask_to_resume() -> AnyResponse:
        return asking("resume")

    @resume.post("/resume")
    def asked_to_resume() -> AnyResponse:
        return asked("resume")

    @resume.get("/follow")
    def ask_to_follow() -> AnyResponse:
        return asking("follow")

    @resume.post("/follow")
    def asked_to_follow() -> AnyResponse:
        return asked("follow")

    @resume.get("/resume/<token>")
    def show(token: str) -> AnyResponse:
        with services.database.transaction() as session:
            found = find_link(session, token, LinkPurpose.RESUME)
        if found is None or not is_good(found[0], datetime.now(UTC)) or found[1].state != RequestState.DRAFT:
            return render(ResumePage(token=None), 404 if found is None else 410)
        return render(ResumePage(token=token))

    @resume.post("/resume/<token>")
    def open_here(token: str) -> AnyResponse:
        now = datetime.now(UTC)
        key = new_token()
        with services.database.transaction() as session:
            found = find_link(session, token, LinkPurpose.RESUME, lock=True)
            if found is None or not is_good(found[0], now) or found[1].state != RequestState.DRAFT:
                return render(ResumePage(token=None), 404 if found is None else 410)
            link, request = found
            link.used_at = now
            request.browser_key_hash = token_hash(key)
            request.changed_at = now
            had_card = request.card_identity is not None
            if had_card:  # it was read in another browser
                forget_reading(request)
        return services.with_draft(key, READING_OVER if had_card else "/request")

    return resume
