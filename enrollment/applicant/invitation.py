"""An invitation: its link opens the four steps with what is known and approved beforehand.

The link may be opened until a request was sent with it. When the person keeps the address to which the invitation was
sent, it is verified: they have opened its link.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from config.web.forms import FormProblems, Problems, read_form
from config.web.pages import FormPage, render
from enrollment.applicant.drafts import Beginning, Wanted
from enrollment.applicant.email_verification import LinkState, VerifyPage
from enrollment.applicant.entry import BEGINNINGS, EntryForm
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import Step
from enrollment.invitations.invitations import approved_parts
from enrollment.offer import Offer
from enrollment.requests.models import Invitation
from enrollment.requests.person import searched_name
from enrollment.requests.vocabulary import PartKind


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationPage(FormPage):
    """Who invites, until when, what is approved beforehand, and the conditions of use."""

    template: ClassVar[str] = "applicant/invitation.html"

    token: str
    invited_by: str
    ends_at: datetime
    approved: tuple[str, ...]
    conditions_version: str
    conditions: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"/invitation/{self.token}"


def invitation_blueprint(services: ApplicantServices) -> Blueprint:
    invitations = Blueprint("invitation", __name__)

    def page(token: str, invitation: Invitation, problems: Problems = ()) -> InvitationPage:
        language = services.web.language()
        return InvitationPage(
            token=token,
            invited_by=invitation.operator_name,
            ends_at=invitation.ends_at,
            approved=approved_names(invitation, services.offer(), language),
            conditions_version=services.conditions.version,
            conditions=services.conditions.paragraphs(language),
            problems=problems,
        )

    @invitations.get("/invitation/<token>")
    def show(token: str) -> AnyResponse:
        invitation = services.invitations.find(token)
        if invitation is None:
            return render(VerifyPage(state=LinkState.UNKNOWN), 404)
        return render(page(token, invitation))

    @invitations.post("/invitation/<token>")
    def begin(token: str) -> AnyResponse:
        invitation = services.invitations.find(token)
        if invitation is None:
            return render(VerifyPage(state=LinkState.UNKNOWN), 404)
        form = read_form(EntryForm)
        if isinstance(form, FormProblems):
            return render(page(token, invitation, form.listed()), 422)
        if form.conditions_version != services.conditions.version:
            return render(page(token, invitation, (("conditions", "conditions.changed"),)), 422)
        services.refuse_too_many("begin", BEGINNINGS)
        names = {"family_name": invitation.family_name, "given_name": invitation.given_name, "birth_name": ""}
        key = services.begin(
            Beginning(
                language=services.web.language(),
                target_application=next(
                    (name for kind, name in approved_parts(invitation) if kind is PartKind.APPLICATION), None
                ),
                conditions_version=services.conditions.version,
                source_network=services.network(),
                invitation_id=invitation.id,
                person={**names, "email": invitation.email, "folded_name": searched_name(**names)},
                parts=wanted_parts(invitation),
            )
        )
        return services.with_draft(key, Step.CARD.address)

    return invitations


def wanted_parts(invitation: Invitation) -> tuple[Wanted, ...]:
    """What is approved beforehand, as the person asks for it; the reason is theirs to change."""
    joined = "Invitation : " if invitation.language == "fr" else "Invitation: "
    reason = joined + invitation.operator_name
    return tuple(Wanted(kind=kind, name=name, reason=reason) for kind, name in approved_parts(invitation))


def approved_names(invitation: Invitation, offer: Offer | None, language: str) -> tuple[str, ...]:
    """The names of what is approved beforehand, as people read them."""
    approved = approved_parts(invitation)
    return tuple(name if offer is None else offer.part_name(kind, name, language) for kind, name in approved)
