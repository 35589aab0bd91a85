"""Step 4: the person reads everything again, changes what is wrong, and sends the request.

After it, the page that says what happens next: it is open in the browser that has sent the request, and there alone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

from flask import Blueprint, redirect, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from config.web.forms import Problems, posted_version
from config.web.pages import FormPage, Page, render
from enrollment.applicant.anti_bot import PROOF_FIELD, TRAP_FIELD, Pace
from enrollment.applicant.drafts import Draft
from enrollment.applicant.email_form import read_email
from enrollment.applicant.proof_of_work import Challenge
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import SENT, Step, first_missing, steps_of
from enrollment.applicant.steps.pages import StepPage, address_of, came_from, open_step, step_columns
from enrollment.applicant.steps.rules import unmet
from enrollment.applicant.submission import Sending
from enrollment.applicant.summary import Block, WantedOnPage, blocks_of, wanted_on_page
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import RequestKind

CORRECTIONS: Final = Pace(10, 30.0)
"""E-mail addresses that are corrected: each may be a stranger's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPage(StepPage):
    """Everything that was said, in blocks that can each be changed."""

    template: ClassVar[str] = "applicant/check.html"
    step: ClassVar[Step] = Step.CHECK

    blocks: tuple[Block, ...]
    wanted: tuple[WantedOnPage, ...]
    email: str
    challenge: Challenge
    is_address_known: bool
    is_in_person: bool = False
    """An operator fills it in: there is no robot to keep out, and no address to verify first."""
    change_person: str | None
    change_wanted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPage(Page):
    """The reference, what is left to do, and what happens next."""

    template: ClassVar[str] = "applicant/sent.html"

    reference: str
    sent_at: datetime
    email: str
    is_verified: bool
    is_in_person: bool = False
    link_ends_at: datetime
    working_days: int
    is_mailed_again: bool = False

    @property
    def path(self) -> str:
        return SENT


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectEmailPage(FormPage):
    """Where the address is corrected while it is to be verified."""

    template: ClassVar[str] = "applicant/correct_email.html"

    email: str

    @property
    def path(self) -> str:
        return f"{SENT}/address"


def check_blueprint(services: ApplicantServices) -> Blueprint:
    check = Blueprint("check", __name__)

    def page(draft: Draft, problems: Problems = (), *, is_changed_elsewhere: bool = False) -> CheckPage:
        language = services.web.language()
        has_account = draft.request.account_subject is not None
        return CheckPage(
            **step_columns(draft, Step.CHECK, then=came_from()),
            problems=problems,
            is_changed_elsewhere=is_changed_elsewhere,
            blocks=blocks_of(draft.request, language),
            wanted=wanted_on_page(draft.parts, services.offer(), language),
            email=draft.request.email,
            challenge=services.submissions.anti_bot.challenge(draft),
            is_address_known=has_account,
            is_in_person=draft.request.kind == RequestKind.IN_PERSON,
            change_person=address_of(Step.PERSON, "check") if Step.PERSON in steps_of(draft.request.kind) else None,
            change_wanted=address_of(Step.PROFILE, "check"),
        )

    def rule_problems(draft: Draft) -> Problems:
        offer = services.offer()
        if offer is None:
            return ()
        level, communities = draft.request.confidentiality, services.communities_of(draft)
        not_met = unmet(draft.wanted, offer, confidentiality=level, has_communities=communities)
        found = next(not_met, None)
        return () if found is None else (("wanted", found.rule),)

    @check.get(Step.CHECK.address)
    def show() -> AnyResponse:
        draft = open_step(services, Step.CHECK)
        return render(page(draft, rule_problems(draft))) if isinstance(draft, Draft) else draft

    @check.post(Step.CHECK.address)
    def send() -> AnyResponse:
        draft = open_step(services, Step.CHECK)
        if not isinstance(draft, Draft):
            return draft
        if problems := rule_problems(draft):
            return render(page(draft, problems), 422)
        is_in_person = draft.request.kind == RequestKind.IN_PERSON
        judged = None
        if not is_in_person:
            judged = services.submissions.anti_bot.judge(
                draft,
                trap=request.form.get(TRAP_FIELD, ""),
                proof=request.form.get(PROOF_FIELD, ""),
                visit=services.visit(),
            )
        if isinstance(judged, int):
            raise TooManyRequests(retry_after=judged)
        if judged is not None:
            return render(page(draft, (("send", judged),)), 422)
        match services.submissions.send(
            services.key(), version=posted_version(), language=services.web.language(), signed_in=services.subject()
        ):
            case Sending.NOT_SIGNED_IN:
                return services.no_draft(Step.CHECK.address)
            case Sending.CHANGED_ELSEWHERE:
                return render(page(services.draft() or draft, is_changed_elsewhere=True), 409)
            case Sending.INCOMPLETE:
                return redirect(first_missing(services.draft() or draft).address, 303)
        return redirect(SENT, 303)

    # --- after it was sent
    def sent_draft() -> Draft | AnyResponse:
        draft = services.draft()
        if draft is None:
            return services.no_draft(SENT)
        return draft if draft.is_sent else redirect(first_missing(draft).address, 303)

    @check.get(SENT)
    def sent() -> AnyResponse:
        draft = sent_draft()
        if not isinstance(draft, Draft):
            return draft
        return render(sent_page(draft, is_mailed_again="again" in request.args))

    @check.post(SENT)
    def mail_again() -> AnyResponse:
        draft = sent_draft()
        if not isinstance(draft, Draft):
            return draft
        services.submissions.mail_again(services.key())
        return redirect(f"{SENT}?again", 303)

    @check.get(f"{SENT}/address")
    def correct() -> AnyResponse:
        draft = sent_draft()
        if not isinstance(draft, Draft):
            return draft
        if draft.request.state != RequestState.UNVERIFIED:
            return redirect(SENT, 303)
        return render(CorrectEmailPage(email=draft.request.email))

    @check.post(f"{SENT}/address")
    def save_correction() -> AnyResponse:
        draft = sent_draft()
        if not isinstance(draft, Draft):
            return draft
        email, problems = read_email()
        if problems:
            return render(CorrectEmailPage(email=email, problems=problems), 422)
        services.refuse_too_many("correct", CORRECTIONS)
        services.submissions.correct_email(services.key(), email)
        return redirect(f"{SENT}?again", 303)

    def sent_page(draft: Draft, *, is_mailed_again: bool) -> SentPage:
        stored = draft.request
        return SentPage(
            reference=stored.reference or "",
            sent_at=stored.submitted_at or stored.changed_at,
            email=stored.email,
            is_verified=stored.state != RequestState.UNVERIFIED,
            is_in_person=stored.kind == RequestKind.IN_PERSON,
            link_ends_at=datetime.now(UTC) + services.settings.email_link_lifetime
            if is_mailed_again
            else (stored.submitted_at or stored.changed_at) + services.settings.email_link_lifetime,
            working_days=services.settings.announced_working_days,
            is_mailed_again=is_mailed_again,
        )

    return check
