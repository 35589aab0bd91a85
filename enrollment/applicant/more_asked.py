"""The answer of a person to an operator who asks for more: only the fields that are asked can be changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from flask import request as posted

from config.reference.countries import FRANCE
from config.typed_text import lines, one_line
from config.web.forms import Problems
from enrollment.applicant.card.kept import correct
from enrollment.applicant.person_fields import CONFIRMED, read_person
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import REQUIRED
from enrollment.applicant.steps.person import in_order, posted_person
from enrollment.applicant.steps.profile import LONGEST_REASON
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.letters import LetterKind, letter
from enrollment.requests.history import HistoryKind, add_event
from enrollment.requests.links import find_link
from enrollment.requests.models import EnrollmentRequest, MoreAsked, RequestPart
from enrollment.requests.more_asked import give_back_to_queue, open_question, parts_asked, person_fields
from enrollment.requests.person import fold_name
from enrollment.requests.requests import parts_of
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import LinkPurpose

LONGEST_ANSWER: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedAnswer:
    """What was typed, to be shown again, and what is wrong with it."""

    values: Mapping[str, str]
    reasons: Mapping[str, str]
    answer: str
    problems: Problems
    questions: frozenset[str]
    confirmed: frozenset[str]


def answer_question(services: ApplicantServices, token: str) -> TypedAnswer | None:
    """Keep the posted answer and give the request back to the queue; else what is wrong with it.

    None when nothing is asked any more: it was answered in another tab, or an operator has decided meanwhile.
    """
    now = datetime.now(UTC)
    with services.database.transaction() as session:
        found = find_link(session, token, LinkPurpose.STATUS, lock=True)
        if found is None or found[1].state != RequestState.MORE_ASKED:
            return None
        request = found[1]
        question = open_question(session, request.id, lock=True)
        if question is None:
            return None
        parts = parts_of(session, request.id)
        typed, person, reasons = _read(request, question, parts)
        if typed.problems:
            return typed
        correct(request, person)
        fold_name(request)
        for part in parts:
            part.reason = reasons.get(part.id, part.reason)
        question.answered_at, question.answer = now, typed.answer
        give_back_to_queue(session, request, parts, now=now)
        add_event(session, request.id, HistoryKind.ANSWERED, at=now, detail={"fields": question.fields})
        services.submissions.record(session, EnrollmentAuditKind.REQUEST_ANSWERED, request)
        written = letter(
            LetterKind.ANSWER_RECEIVED,
            to=request.email,
            language=request.language,
            settings=services.settings,
            reference=request.reference or "",
        )
        services.submissions.letters.post(session, written)
    return None


def _read(
    request: EnrollmentRequest, question: MoreAsked, parts: list[RequestPart]
) -> tuple[TypedAnswer, Mapping[str, str], Mapping[str, str]]:
    """What was typed; the fields of the person and the reasons of parts, as they are kept."""
    fields = person_fields(question.fields)
    typed, unreadable = posted_person()
    confirmed = frozenset(name for name in ("rpps", "adeli") if posted.form.get(name + CONFIRMED))
    read = read_person(
        typed if "country" in fields else {**typed, "country": ""},
        fields=fields,
        required=[name for name in fields if name in REQUIRED],
        confirmed=confirmed,
        country=request.country or FRANCE,
    )
    problems = list(in_order({name: code for name, code in unreadable.items() if name in fields}, read.problems))
    reasons: dict[str, str] = {}
    for part in parts_asked(question.fields, parts):
        name = f"reason-{part.id}"
        reasons[part.id] = one_line(posted.form.get(name, ""))
        if not reasons[part.id]:
            problems.append((name, "wanted.reason-missing"))
        elif len(reasons[part.id]) > LONGEST_REASON:
            problems.append((name, "wanted.reason-too-long"))
    answer = lines(posted.form.get("answer", ""))
    if len(answer) > LONGEST_ANSWER:
        problems.append(("answer", "answer.too-long"))
    if not problems and not answer and not _says_more(request, parts, read.person, reasons):
        problems.append(("answer", "answer.nothing-new"))
    shown = TypedAnswer(
        values=typed,
        reasons=reasons,
        answer=answer[: 2 * LONGEST_ANSWER],
        problems=tuple(problems),
        questions=read.questions,
        confirmed=confirmed,
    )
    return shown, read.person, reasons


def _says_more(
    request: EnrollmentRequest, parts: list[RequestPart], person: Mapping[str, str], reasons: Mapping[str, str]
) -> bool:
    kept = {part.id: part.reason for part in parts}
    return any(value != getattr(request, name) for name, value in person.items()) or any(
        reason != kept[part] for part, reason in reasons.items()
    )
