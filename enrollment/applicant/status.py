"""The page of a request, by a personal link and without an account: where it is, what is asked, what was decided.

From here the person answers an operator, withdraws the request, and has their data exported or erased.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from flask import Blueprint, Response, redirect
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from config.web.pages import FormPage, Page, render
from config.web.prefetch import skip_prefetch
from enrollment.applicant.email_verification import LinkState, VerifyPage
from enrollment.applicant.more_asked import TypedAnswer, answer_question
from enrollment.applicant.person_fields import suggested_profession
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import REQUIRED
from enrollment.applicant.steps.person import choices_in, names_closed_to, stored_values
from enrollment.applicant.submission import APPLICANT
from enrollment.applicant.summary import Block, WantedOnPage, blocks_of, wanted_on_page
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.export import NobodyFound, StillDelivering, erase, export_person
from enrollment.letters import LetterKind, letter
from enrollment.requests.history import HistoryKind, add_event
from enrollment.requests.links import find_link
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.more_asked import last_answer, open_question, parts_asked, person_fields
from enrollment.requests.person import person_name
from enrollment.requests.queued import queued_parts, withdraw_undelivered
from enrollment.requests.requests import move, parts_of
from enrollment.requests.states import QUEUED, RequestState
from enrollment.requests.vocabulary import LinkPurpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an operator asks: their words, and the fields that are open."""

    words: str
    asked_at: datetime
    answer_by: datetime
    fields: tuple[str, ...]
    reasons: tuple[WantedOnPage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage(FormPage):
    """A request as its person sees it; when something is asked, with the form of the answer.

    `given` are the parts that were handed to the identity provider: they stay when the request is withdrawn.
    """

    template: ClassVar[str] = "applicant/status.html"

    token: str
    reference: str
    name: str
    state: str
    sent_at: datetime
    verified_at: datetime | None
    decided_at: datetime | None
    closed_at: datetime | None
    working_days: int
    blocks: tuple[Block, ...]
    wanted: tuple[WantedOnPage, ...]
    sign_on_url: str
    given: tuple[WantedOnPage, ...] = ()
    question: Question | None = None
    answered_at: datetime | None = None
    # --- the form of the answer, as the fields of step 2 have it
    values: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    answer: str = ""
    questions: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()
    required: tuple[str, ...] = REQUIRED
    filled_by: Mapping[str, str] = field(default_factory=dict)
    suggestion: str = ""
    professions: tuple[str, ...] = ()
    civilities: tuple[tuple[str, str], ...] = ()
    titles: tuple[tuple[str, str], ...] = ()
    countries: tuple[tuple[str, str], ...] = ()
    departments: tuple[tuple[str, str], ...] = ()
    towns: tuple[str, ...] = ()
    closed_when_hidden: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return f"/status/{self.token}"

    @property
    def may_withdraw(self) -> bool:
        return self.state in QUEUED


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPage(Page):
    """A question asked once, before a request is withdrawn (`withdraw`) or erased (`erase`); or that it is done."""

    template: ClassVar[str] = "applicant/confirm.html"

    token: str
    reference: str
    act: str
    given: tuple[WantedOnPage, ...] = ()
    is_done: bool = False
    is_delivering: bool = False

    @property
    def path(self) -> str:
        return "/" if self.is_done else f"/status/{self.token}/{self.act}"


def status_blueprint(services: ApplicantServices) -> Blueprint:
    status = Blueprint("status", __name__)

    def found(session: Session, token: str, *, lock: bool = False) -> EnrollmentRequest | None:
        link = find_link(session, token, LinkPurpose.STATUS, lock=lock)
        return None if link is None or link[1].erased_at is not None else link[1]

    def unknown() -> AnyResponse:
        return render(VerifyPage(state=LinkState.UNKNOWN), 404)

    def status_page(token: str, typed: TypedAnswer | None = None) -> StatusPage | None:
        with services.database.transaction() as session:
            request = found(session, token)
            if request is None:
                return None
            parts = parts_of(session, request.id)
            given = queued_parts(session, request.id)
            asked = open_question(session, request.id) if request.state == RequestState.MORE_ASKED else None
            answered_at = last_answer(session, request.id)
        language, offer = services.web.language(), services.offer()
        question = None
        if asked is not None:
            question = Question(
                words=asked.words,
                asked_at=asked.asked_at,
                answer_by=asked.answer_by,
                fields=person_fields(asked.fields),
                reasons=wanted_on_page(parts_asked(asked.fields, parts), offer, language),
            )
        return StatusPage(
            token=token,
            reference=request.reference or "",
            name=person_name(request, language),
            state=request.state,
            sent_at=request.submitted_at or request.created_at,
            verified_at=request.email_verified_at,
            decided_at=request.decided_at,
            closed_at=request.closed_at,
            working_days=services.settings.announced_working_days,
            blocks=blocks_of(request, language),
            wanted=wanted_on_page(parts, offer, language),
            sign_on_url=services.settings.idp_issuer,
            given=wanted_on_page([part for part in parts if (part.kind, part.name) in given], offer, language),
            question=question,
            answered_at=answered_at,
            **(_form_columns(services, request, parts, typed, language) if question else {}),
        )

    @status.get("/status/<token>")
    def show(token: str) -> AnyResponse:
        page = status_page(token)
        return unknown() if page is None else render(page)

    @status.post("/status/<token>")
    def answer(token: str) -> AnyResponse:
        typed = answer_question(services, token)
        page = status_page(token, typed)
        if page is None:
            return unknown()
        return render(page, 422) if typed is not None else redirect(f"/status/{token}", 303)

    @status.get("/status/<token>/withdraw")
    def ask_to_withdraw(token: str) -> AnyResponse:
        page = status_page(token)
        if page is None:
            return unknown()
        if not page.may_withdraw:
            return redirect(page.path, 303)
        return render(ConfirmPage(token=token, reference=page.reference, act="withdraw", given=page.given))

    @status.post("/status/<token>/withdraw")
    def withdraw(token: str) -> AnyResponse:
        now = datetime.now(UTC)
        with services.database.transaction() as session:
            request = found(session, token, lock=True)
            if request is None:
                return unknown()
            if request.state in QUEUED:
                move(request, RequestState.WITHDRAWN, now=now)
                withdraw_undelivered(session, request)
                add_event(session, request.id, HistoryKind.WITHDRAWN, at=now)
                services.submissions.record(session, EnrollmentAuditKind.REQUEST_WITHDRAWN, request)
                written = letter(
                    LetterKind.WITHDRAWN,
                    to=request.email,
                    language=request.language,
                    settings=services.settings,
                    reference=request.reference or "",
                )
                services.submissions.letters.post(session, written)
        return redirect(f"/status/{token}", 303)

    @status.get("/status/<token>/data.json")
    @skip_prefetch
    def export(token: str) -> AnyResponse:
        """All that is kept of this request, for its person."""
        page = status_page(token)
        if page is None:
            return unknown()
        try:
            told = export_person(
                services.database,
                services.submissions.audit,
                page.reference,
                actor=APPLICANT,
                for_person=True,
            )
        except NobodyFound:
            return unknown()
        response = Response(json.dumps(told, ensure_ascii=False, indent=2), content_type="application/json")
        response.headers["Content-Disposition"] = f'attachment; filename="{page.reference}.json"'
        return response

    @status.get("/status/<token>/erase")
    def ask_to_erase(token: str) -> AnyResponse:
        page = status_page(token)
        return unknown() if page is None else render(ConfirmPage(token=token, reference=page.reference, act="erase"))

    @status.post("/status/<token>/erase")
    def erase_it(token: str) -> AnyResponse:
        page = status_page(token)
        if page is None:
            return unknown()
        asked = ConfirmPage(token=token, reference=page.reference, act="erase", is_delivering=True)
        try:
            erase(services.database, services.submissions.audit, page.reference, actor=APPLICANT)
        except StillDelivering:
            return render(asked, 409)
        except NobodyFound:
            return unknown()
        return render(ConfirmPage(token="", reference=page.reference, act="erase", is_done=True))

    return status


def _form_columns(
    services: ApplicantServices,
    request: EnrollmentRequest,
    parts: list[RequestPart],
    typed: TypedAnswer | None,
    language: str,
) -> dict[str, Any]:
    """What the form of the answer needs: what was typed if it is shown again, else what is kept."""
    columns: dict[str, Any] = {
        "values": stored_values(request, language),
        "reasons": {part.id: part.reason for part in parts},
        **choices_in(language),
        "closed_when_hidden": names_closed_to("hidden", services.offer(), language),
    }
    if typed is None:
        return columns
    wrong = {name for name, _ in typed.problems}
    return columns | {
        "values": dict(typed.values),
        "reasons": dict(typed.reasons),
        "answer": typed.answer,
        "problems": typed.problems,
        "questions": typed.questions,
        "confirmed": typed.confirmed,
        "suggestion": suggested_profession(typed.values["profession"], language) if "profession" in wrong else "",
    }
