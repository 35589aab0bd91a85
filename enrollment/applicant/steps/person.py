"""Step 2: who the person is, where they practise, how they are reached, and who may find them in the directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from config.reference.countries import FRANCE, countries
from config.reference.departments import DEPARTMENTS
from config.reference.professions import PROFESSIONS, label_of
from config.reference.telephones import shown
from config.reference.titles import CIVILITIES, TITLES
from config.web.forms import NOT_TEXT, REPEATED, TOO_LONG, Problems, posted_version
from config.web.pages import render
from enrollment.applicant.drafts import Draft, Saved
from enrollment.applicant.person_fields import CONFIRMED, LONGEST, read_person, suggested_profession
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import REQUIRED, Step
from enrollment.applicant.steps.pages import StepPage, came_from, leave_step, open_step, step_columns
from enrollment.applicant.steps.register_proposal import ProposalOnPage, on_page, proposed, taken
from enrollment.offer import Offer
from enrollment.reference.postcodes import towns_of
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.person import PERSON_FIELDS, TELEPHONES
from enrollment.requests.vocabulary import FilledBy, PartKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage(StepPage):
    """Every field of the guide. What a card or the register has filled is shown with its source, and is no field."""

    template: ClassVar[str] = "applicant/person.html"
    step: ClassVar[Step] = Step.PERSON

    values: Mapping[str, str] = field(default_factory=dict)
    filled_by: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = REQUIRED
    questions: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()
    suggestion: str = ""
    professions: tuple[str, ...] = ()
    civilities: tuple[tuple[str, str], ...] = ()
    titles: tuple[tuple[str, str], ...] = ()
    countries: tuple[tuple[str, str], ...] = ()
    departments: tuple[tuple[str, str], ...] = ()
    towns: tuple[str, ...] = ()
    are_towns_asked: bool = False
    proposal: ProposalOnPage | None = None
    is_nothing_proposed: bool = False
    closed_when_hidden: tuple[str, ...] = ()
    """The applications that are closed to a person hidden in the directory."""


def person_blueprint(services: ApplicantServices) -> Blueprint:
    person = Blueprint("person", __name__)

    def page(
        draft: Draft,
        values: Mapping[str, str],
        *,
        problems: Problems = (),
        questions: frozenset[str] = frozenset(),
        confirmed: frozenset[str] = frozenset(),
        is_changed_elsewhere: bool = False,
        are_towns_asked: bool = False,
        proposal: ProposalOnPage | None = None,
        is_nothing_proposed: bool = False,
    ) -> PersonPage:
        language = services.web.language()
        wrong = {name for name, _ in problems}
        return PersonPage(
            **step_columns(draft, Step.PERSON, then=came_from()),
            problems=problems,
            is_changed_elsewhere=is_changed_elsewhere,
            values={**values, **filled_values(draft.request, language)},
            filled_by=draft.request.filled_by,
            questions=questions,
            confirmed=confirmed,
            suggestion=suggested_profession(values["profession"], language) if "profession" in wrong else "",
            **choices_in(language),
            towns=tuple(town.name for town in towns_of(values["postcode"].replace(" ", ""))),
            are_towns_asked=are_towns_asked,
            proposal=proposal,
            is_nothing_proposed=is_nothing_proposed,
            closed_when_hidden=names_closed_to("hidden", services.offer(), language),
        )

    @person.get(Step.PERSON.address)
    def show() -> AnyResponse:
        draft = open_step(services, Step.PERSON)
        if not isinstance(draft, Draft):
            return draft
        return render(page(draft, stored_values(draft.request, services.web.language())))

    @person.post(Step.PERSON.address)
    def save() -> AnyResponse:
        draft = open_step(services, Step.PERSON)
        if not isinstance(draft, Draft):
            return draft
        typed, unreadable = posted_person()
        match request.form.get("find"):
            case "towns":
                return render(page(draft, with_only_town(typed), are_towns_asked=True))
            case "register" | "take" | "release" as wanted:
                return ask_register(draft, typed, wanted)
        confirmed = frozenset(name for name in ("rpps", "adeli") if request.form.get(name + CONFIRMED))
        fields = [name for name in PERSON_FIELDS if name not in draft.request.filled_by]
        read = read_person(
            typed, fields=fields, required=REQUIRED, confirmed=confirmed, country=draft.request.country or FRANCE
        )
        problems = in_order(unreadable, read.problems, closes_what_is_wanted(read.person, draft, services.offer()))
        saved = None
        if not problems:
            saved = services.drafts.save_person(services.key(), version=posted_version(), person=read.person)
            if saved is not Saved.CHANGED_ELSEWHERE:
                return leave_step(services, Step.PERSON, saved)
            draft = services.draft() or draft
        shown_again = page(
            draft,
            typed,
            problems=problems,
            questions=read.questions,
            confirmed=confirmed,
            is_changed_elsewhere=saved is Saved.CHANGED_ELSEWHERE,
        )
        return render(shown_again, 422 if problems else 409)

    def ask_register(draft: Draft, typed: dict[str, str], wanted: str) -> AnyResponse:
        """Show what the register proposes, take it, or type again what it has filled; the rest stays as typed."""
        language, key, version = services.web.language(), services.key(), posted_version()
        if wanted == "release":
            filled = stored_values(draft.request, language)
            kept = {name: filled[name] for name, by in draft.request.filled_by.items() if by == FilledBy.REGISTER}
            services.drafts.release(key, version=version, source=FilledBy.REGISTER)
            return render(page(services.draft() or draft, typed | kept))
        claimed = typed | filled_values(draft.request, language)
        proposal = proposed(services.register, claimed)
        if proposal is None:
            return render(page(draft, typed, is_nothing_proposed=True))
        if wanted == "register":
            return render(page(draft, typed, proposal=on_page(proposal, typed, language)))
        read = taken(proposal, claimed, request.form.get("workplace", ""))
        if read.problems:
            return render(page(draft, typed, problems=read.problems), 422)
        services.drafts.fill(key, version=version, person=read.person, source=FilledBy.REGISTER)
        return render(page(services.draft() or draft, typed))

    return person


def choices_in(language: str) -> dict[str, Any]:
    """What the fields of a person offer to choose from: the labels of professions, else codes with their words."""
    return {
        "professions": tuple(sorted(each.label.text(language) for each in PROFESSIONS.values())),
        "civilities": tuple((code, label.text(language)) for code, label in CIVILITIES.items()),
        "titles": tuple((code, label.text(language)) for code, label in TITLES.items()),
        "countries": tuple(countries(language).items()),
        "departments": tuple(DEPARTMENTS.items()),
    }


def posted_person() -> tuple[dict[str, str], dict[str, str]]:
    """What was typed into each field of the present request, and the code of what cannot be read of it."""
    typed: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for name in PERSON_FIELDS:
        texts = request.form.getlist(name)
        text = texts[0].strip() if texts else ""
        if len(texts) > 1:
            unreadable[name] = REPEATED
        elif "\x00" in text:
            unreadable[name] = NOT_TEXT
        elif len(text) > LONGEST[name]:
            unreadable[name] = TOO_LONG
        typed[name] = text.replace("\x00", "")[: 2 * LONGEST[name]]
    return typed, unreadable


def in_order(unreadable: Mapping[str, str], *found: Problems) -> Problems:
    """Every problem, one for each field, in the order of the fields."""
    codes = {name: code for problems in reversed(found) for name, code in problems} | dict(unreadable)
    return tuple((name, codes[name]) for name in PERSON_FIELDS if name in codes)


def stored_values(stored: EnrollmentRequest, language: str) -> dict[str, str]:
    """The fields of a draft as the form shows them; what was not given yet has the usual value."""
    values = {name: str(getattr(stored, name)) for name in PERSON_FIELDS}
    values["country"] = values["country"] or FRANCE
    if values["profession"]:
        values["profession"] = label_of(values["profession"], language)
    return values | {name: shown(values[name]) for name in TELEPHONES if values[name]}


def filled_values(stored: EnrollmentRequest, language: str) -> dict[str, str]:
    """The fields that a card or the register has filled, whatever was posted for them."""
    stored_now = stored_values(stored, language)
    return {name: stored_now[name] for name in stored.filled_by if name in stored_now}


def with_only_town(typed: Mapping[str, str]) -> dict[str, str]:
    """The same, with the town of the postcode when it has only one and none was typed."""
    towns = towns_of(typed["postcode"].replace(" ", ""))
    return dict(typed) | ({"town": towns[0].name} if len(towns) == 1 and not typed["town"] else {})


def names_closed_to(level: str, offer: Offer | None, language: str) -> tuple[str, ...]:
    """The applications that are closed to a level of confidentiality."""
    applications = offer.applications if offer else ()
    return tuple(
        each.display_name.in_language(language)
        for each in applications
        if each.requestable and level in each.closed_to_levels
    )


def closes_what_is_wanted(person: Mapping[str, str], draft: Draft, offer: Offer | None) -> Problems:
    """That the level excludes from an application that the person has asked for in step 3."""
    wanted = {part.name for part in draft.parts if part.kind == PartKind.APPLICATION}
    for application in offer.applications if offer else ():
        if application.client_id in wanted and person.get("confidentiality") in application.closed_to_levels:
            return (("confidentiality", "confidentiality.closes"),)
    return ()
