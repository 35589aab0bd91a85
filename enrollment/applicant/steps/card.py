"""Step 1: the professional card. Where no card can be read, the page says so and the person goes on."""

from dataclasses import dataclass
from typing import ClassVar

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from config.web.forms import FormProblems, Problems, form_field, read_form
from config.web.pages import render
from enrollment.applicant.drafts import Draft
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.steps.order import Step
from enrollment.applicant.steps.pages import StepPage, came_from, leave_step, open_step, step_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class CardForm:
    """The answer: `yes` or `no`."""

    card: str = form_field(longest=3, error_prefix="card")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage(StepPage):
    """The question, and then what to do with the card."""

    template: ClassVar[str] = "applicant/card.html"
    step: ClassVar[Step] = Step.CARD

    answer: str = ""
    is_reading_available: bool = False


def card_blueprint(services: ApplicantServices) -> Blueprint:
    card = Blueprint("card", __name__)

    def page(draft: Draft, *, problems: Problems = (), answer: str = "") -> CardPage:
        columns = step_columns(draft, Step.CARD, then=came_from())
        return CardPage(**columns, problems=problems, answer=answer)

    @card.get(Step.CARD.address)
    def show() -> AnyResponse:
        draft = open_step(services, Step.CARD)
        return render(page(draft)) if isinstance(draft, Draft) else draft

    @card.post(Step.CARD.address)
    def answer() -> AnyResponse:
        draft = open_step(services, Step.CARD)
        if not isinstance(draft, Draft):
            return draft
        form = read_form(CardForm)
        if isinstance(form, FormProblems):
            return render(page(draft, problems=form.listed()), 422)
        if form.card not in ("yes", "no"):
            return render(page(draft, problems=(("card", "card.missing"),)), 422)
        if form.card == "yes":
            return render(page(draft, answer="yes"))
        return leave_step(services, Step.CARD)

    return card
