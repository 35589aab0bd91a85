"""Step 1: the professional card, which proves the person's identity and fills in a part of the request.

GET, POST /request/card            the question, or the card that was read: continue with it, or without
GET, POST /request/card/read       the reading; the script posts here what the card has signed
POST      /request/card/challenge  a challenge for the card, as JSON, for the page's script
POST      /request/card/ticket     a ticket for the card software, then the page that leads to it
GET       /request/card/software   that page
GET       /request/card/return     back from the card software, with a handle
GET       /request/card/known      back from the identity provider, with the handle of a card that was proved there

Where no card can be read, the page says so and the person goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from card_bridge.assertion import LARGEST_ASSERTION, LONGEST_NONCE, Purpose
from card_bridge.identity import CardIdentity
from card_bridge.verification.hand_offs import Door, Handed, HandOffs, SignedChallenge, Ticket, admit_ticket
from card_bridge.verification.software import software_addresses, software_origins
from config.reference.national_ids import IdentifierType, number_of
from config.reference.professions import label_of
from config.web.card_states import STATES, CardStateWords
from config.web.forms import FormProblems, Problems, form_field, read_form
from config.web.pages import render
from config.web.security import allow_local_programs
from enrollment.applicant.anti_bot import Pace
from enrollment.applicant.card.kept import forget_card, keep_card, kept_card
from enrollment.applicant.card.known import KnownCards
from enrollment.applicant.card.reading import CardNotRead, CardReadings
from enrollment.applicant.drafts import Draft
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import READING, Step
from enrollment.applicant.steps.pages import StepPage, came_from, leave_step, open_step, step_columns

RETURN: Final = "/request/card/return"

READINGS: Final = Pace(60, 1.0)
"""Readings of a card: the identity provider verifies so many a minute for all people together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardForm:
    """The answer: `yes` or `no`; `kept` or `other`, once a card was read."""

    card: str = form_field(longest=8, error_prefix="card")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionForm:
    """What the page's script posts."""

    assertion: str = form_field(longest=LARGEST_ASSERTION, error_prefix="card")
    nonce: str = form_field(longest=LONGEST_NONCE, error_prefix="card")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage(StepPage):
    """The question."""

    template: ClassVar[str] = "applicant/card.html"
    step: ClassVar[Step] = Step.CARD

    answer: str = ""
    is_reading_available: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReadingPage(StepPage):
    """The reading of the card; `ports` are those of the card software. Its template has it as `panel` too."""

    template: ClassVar[str] = "applicant/card_reading.html"
    step: ClassVar[Step] = Step.CARD
    states: ClassVar[tuple[CardStateWords, ...]] = STATES
    by_browser: ClassVar[bool] = False

    ports: tuple[int, ...]

    @property
    def path(self) -> str:
        return READING


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSoftwarePage(StepPage):
    """Leads to the card software of the workstation; the usual address first."""

    template: ClassVar[str] = "applicant/card_software.html"
    step: ClassVar[Step] = Step.CARD

    addresses: tuple[str, ...] = field(repr=False)  # they carry the ticket

    @property
    def path(self) -> str:
        return READING


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReadPage(StepPage):
    """The card that was read: whose it is, and until when."""

    template: ClassVar[str] = "applicant/card_read.html"
    step: ClassVar[Step] = Step.CARD

    card: CardIdentity
    profession: str

    @property
    def card_number(self) -> str:
        """The number of the card, without that of its issuer."""
        return self.card.serial.rpartition("/")[2]

    @property
    def rpps(self) -> str:
        """The RPPS number, if the card has one."""
        return number_of(self.card.national_id, IdentifierType.RPPS) or ""


def card_blueprint(
    services: ApplicantServices, readings: CardReadings, hand_offs: HandOffs, known_cards: KnownCards
) -> Blueprint:
    card = Blueprint("card", __name__)
    settings = services.settings

    def opened(view: Callable[[Draft], AnyResponse], *, reading: bool = True) -> AnyResponse:
        """The view's answer for the draft whose first step may be opened; without reading, where none is offered."""
        draft = open_step(services, Step.CARD)
        if not isinstance(draft, Draft):
            return draft
        return redirect(Step.CARD.address, 303) if reading and not settings.card_offered else view(draft)

    # --- the question -------------------------------------------------------------------

    def question(draft: Draft, *, problems: Problems = (), answer: str = "") -> CardPage:
        columns = step_columns(draft, Step.CARD, then=came_from())
        return CardPage(**columns, problems=problems, answer=answer, is_reading_available=settings.card_offered)

    def first_page(draft: Draft) -> AnyResponse:
        identity = kept_card(draft.request)
        if identity is None:
            return render(question(draft))
        profession = label_of(identity.profession, services.web.language()) if identity.profession else ""
        columns = step_columns(draft, Step.CARD, then=came_from())
        return render(CardReadPage(**columns, card=identity, profession=profession))

    @card.get(Step.CARD.address)
    def show() -> AnyResponse:
        return opened(first_page, reading=False)

    @card.post(Step.CARD.address)
    def answer() -> AnyResponse:
        return opened(answered, reading=False)

    def answered(draft: Draft) -> AnyResponse:
        form = read_form(CardForm)
        if isinstance(form, FormProblems):
            return render(question(draft, problems=form.listed()), 422)
        match form.card:
            case "yes" if settings.card_offered:
                return redirect(READING, 303)
            case "yes":
                return render(question(draft, answer="yes"))
            case "no":
                forget_card(services.database, services.key())
                return leave_step(services, Step.CARD)
            case "kept" if draft.request.card_identity is not None:
                return leave_step(services, Step.CARD)
            case "other":
                forget_card(services.database, services.key())
                return redirect(Step.CARD.address, 303)
        return render(question(draft, problems=(("card", "card.missing"),)), 422)

    # --- the page's script --------------------------------------------------------------

    def reading(draft: Draft, problems: Problems = ()) -> Response:
        columns = step_columns(draft, Step.CARD, then="") | {"previous": Step.CARD.address}
        ports = settings.card_bridge_ports
        response = render(CardReadingPage(**columns, problems=problems, ports=ports), 422 if problems else 200)
        allow_local_programs(response, software_origins(ports))
        return response

    @card.get(READING)
    def show_reading() -> AnyResponse:
        problems = (("card", "card.over"),) if "over" in request.args else ()
        return opened(lambda draft: reading(draft, problems))

    @card.post("/request/card/challenge")
    def challenge() -> AnyResponse:
        return opened(
            lambda draft: jsonify(purpose=Purpose.ENROLLMENT.value, nonce=readings.challenge(draft.request.id))
        )

    @card.post(READING)
    def by_script() -> AnyResponse:
        def signed(draft: Draft) -> AnyResponse:
            form = read_form(AssertionForm)
            if isinstance(form, FormProblems):
                return reading(draft, (("card", "card.unreadable"),))
            return read(draft, SignedChallenge(form.assertion, form.nonce))

        return opened(signed)

    def read(draft: Draft, signed: SignedChallenge) -> AnyResponse:
        services.refuse_too_many("card-read", READINGS)
        try:
            return keep(readings.read(draft.request.id, signed))
        except CardNotRead as not_read:
            return reading(draft, (("card", not_read.code),))

    def keep(identity: CardIdentity) -> AnyResponse:
        keep_card(services.database, services.key(), identity)
        return redirect(Step.CARD.address, 303)

    # --- the card software --------------------------------------------------------------

    @card.post("/request/card/ticket")
    def new_ticket() -> AnyResponse:
        def made(draft: Draft) -> AnyResponse:
            if wait := admit_ticket(services.throttle, services.visit()):
                raise TooManyRequests(retry_after=wait.seconds)
            ticket = Ticket(
                door=Door.SOFTWARE,
                bound_to=draft.request.id,
                purpose=Purpose.ENROLLMENT,
                application=settings.region,
                return_path=RETURN,
            )
            token = hand_offs.make_ticket(ticket, browser=services.key() or "")
            return redirect(f"/request/card/software?ticket={token}", 303)

        return opened(made)

    @card.get("/request/card/software")
    def software() -> AnyResponse:
        def leads(draft: Draft) -> AnyResponse:
            token = request.args.get("ticket", "")
            found = hand_offs.find(token, Door.SOFTWARE)
            if found is None or found.bound_to != draft.request.id:
                return redirect(READING, 303)
            addresses = software_addresses(settings.card_bridge_ports, issuer=settings.origin, ticket=token)
            columns = step_columns(draft, Step.CARD, then="") | {"previous": READING}
            return render(CardSoftwarePage(**columns, addresses=addresses))

        return opened(leads)

    @card.get(RETURN)
    def back() -> AnyResponse:
        def returned(draft: Draft) -> AnyResponse:
            handle, browser = request.args.get("handle", ""), services.key() or ""
            match hand_offs.take(handle, bound_to=draft.request.id, browser=browser):
                case Handed(evidence=SignedChallenge() as signed):
                    return read(draft, signed)
            return reading(draft, (("card", "card.challenge"),))

        return opened(returned)

    # --- the login page of the identity provider ----------------------------------------

    @card.get("/request/card/known")
    def known() -> AnyResponse:
        def brought(draft: Draft) -> AnyResponse:
            try:
                return keep(known_cards.read(request.args.get("handle", ""), key=services.key() or ""))
            except CardNotRead as not_read:
                return reading(draft, (("card", not_read.code),))

        return opened(brought)

    return card
