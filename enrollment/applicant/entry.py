"""The entry: what the four steps are, the conditions of use, and the button that begins a request.

An application may send people here with its `client_id` (`?application=dcc`): the request remembers it, when it is one
of the offer. Nothing else of the address is used.
"""

from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.web.forms import FormProblems, Problems, form_field, read_form
from config.web.pages import FormPage, render
from config.web.security import content_security_policy
from enrollment.applicant.anti_bot import Pace
from enrollment.applicant.card.known import KnownCards
from enrollment.applicant.drafts import Beginning
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import SENT, Step, first_missing
from enrollment.requests.links import is_token

LONGEST_CLIENT_ID: Final = 255
BEGINNINGS: Final = Pace(30, 15.0)
"""Requests that are begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryForm:
    """The form of the entry."""

    conditions: str = form_field(longest=8, error_prefix="conditions")
    conditions_version: str = form_field(longest=32, optional=True)
    application: str = form_field(longest=LONGEST_CLIENT_ID, optional=True)
    card: str = form_field(longest=43, optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage(FormPage):
    """The first page of the service."""

    template: ClassVar[str] = "applicant/entry.html"

    working_days: int
    sign_on_url: str
    conditions_version: str
    conditions: tuple[str, ...]
    application: str = ""
    application_name: str | None = None
    card: str = ""
    """The token of a card that was proved at the login page, just before."""
    begun: str | None = None
    """Where a request that this browser has begun goes on."""

    @property
    def path(self) -> str:
        return "/"

    @property
    def more_path(self) -> str:
        """Where a person who has an account asks for more access."""
        return f"/more?application={quote(self.application, safe='')}" if self.application else "/more"


def entry_blueprint(services: ApplicantServices, known_cards: KnownCards) -> Blueprint:
    entry = Blueprint("entry", __name__)
    may_have_card = services.settings.card_offered

    def page(application: str, problems: Problems = (), *, card: str = "") -> EntryPage:
        language = services.web.language()
        offer = services.offer() if application else None
        offered = offer.application(application) if offer else None
        draft = services.draft()
        return EntryPage(
            working_days=services.settings.announced_working_days,
            sign_on_url=services.settings.idp_issuer,
            conditions_version=services.conditions.version,
            conditions=services.conditions.paragraphs(language),
            application=application,
            application_name=offered.display_name.in_language(language) if offered else None,
            card=card if may_have_card and is_token(card) else "",
            begun=None if draft is None else SENT if draft.is_sent else first_missing(draft).address,
            problems=problems,
        )

    def shown(shown_page: EntryPage, status: int = 200) -> Response:
        """With a card, the form leads to the identity provider, which the policy of the page then allows."""
        response = render(shown_page, status)
        if shown_page.card:
            leads_to = f"'self' {services.settings.idp_issuer}"
            response.headers["Content-Security-Policy"] = content_security_policy(form_action=leads_to)
        return response

    @entry.get("/")
    def show() -> AnyResponse:
        application = request.args.get("application", "")[:LONGEST_CLIENT_ID]
        return shown(page(application, card=request.args.get("card", "")))

    @entry.post("/")
    def begin() -> AnyResponse:
        form = read_form(EntryForm)
        if isinstance(form, FormProblems):
            application = form.kept.get("application", "")[:LONGEST_CLIENT_ID]
            return shown(page(application, form.listed(), card=form.kept.get("card", "")), 422)
        if form.conditions_version != services.conditions.version:  # another one was published meanwhile
            return shown(page(form.application, (("conditions", "conditions.changed"),), card=form.card), 422)
        services.refuse_too_many("begin", BEGINNINGS)
        key = services.begin(
            Beginning(
                language=services.web.language(),
                target_application=known_application(services, form.application),
                conditions_version=services.conditions.version,
                source_network=services.network(),
            )
        )
        has_card = may_have_card and is_token(form.card)
        return services.with_draft(key, known_cards.address(key, card=form.card) if has_card else Step.CARD.address)

    @entry.get("/request")
    def go_on() -> AnyResponse:
        """Where the request of this browser goes on."""
        draft = services.draft()
        if draft is None:
            return services.no_draft("/request")
        return redirect(SENT if draft.is_sent else first_missing(draft).address, 303)

    return entry


def known_application(services: ApplicantServices, client_id: str) -> str | None:
    """The application that the person came for, when it is one of the offer, or the offer is not known now.

    What cannot be a `client_id` or an `entityID` is passed over: the identity provider reads it again at the delivery.
    """
    if not (client_id.isascii() and client_id.isprintable() and 0 < len(client_id) <= LONGEST_CLIENT_ID):
        return None
    offer = services.offer()
    return client_id if offer is None or offer.application(client_id) else None
