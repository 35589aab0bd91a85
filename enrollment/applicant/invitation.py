"""An invitation: its link opens the four steps with what is known and approved beforehand.

The link may be opened until a request was sent with it. When the person keeps the address to which the invitation was
sent, it is verified: they have opened its link.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from config.redis.rate_limits import places
from config.web.forms import FormProblems, Problems, read_form
from config.web.pages import FormPage, render
from enrollment.applicant.drafts import Beginning, Wanted
from enrollment.applicant.email_verification import LinkState, VerifyPage
from enrollment.applicant.entry import BEGINNINGS, EntryForm
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import Step
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
    application: str = ""

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
            approved=approved_names(invitation.approved, services.offer(), language),
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
                target_application=next(iter(approved_applications(invitation.approved)), None),
                conditions_version=services.conditions.version,
                source_network=places(services.address())[1],
                invitation_id=invitation.id,
                person={**names, "email": invitation.email, "folded_name": searched_name(**names)},
                parts=approved_parts(invitation),
            )
        )
        return services.with_draft(key, Step.CARD.address)

    return invitations


def approved_parts(invitation: Invitation) -> tuple[Wanted, ...]:
    """What is approved beforehand, as the person asks for it; the reason is theirs to change."""
    joined = "Invitation : " if invitation.language == "fr" else "Invitation: "
    reason = joined + invitation.operator_name
    return (
        *(
            Wanted(kind=PartKind.COMMUNITY, name=name, reason=reason)
            for name in approved_communities(invitation.approved)
        ),
        *(
            Wanted(kind=PartKind.APPLICATION, name=name, reason=reason)
            for name in approved_applications(invitation.approved)
        ),
    )


def approved_communities(approved: dict[str, Any]) -> tuple[str, ...]:
    """The communities that are approved beforehand, by their name."""
    return tuple(str(name) for name in approved.get("communities", ()))


def approved_applications(approved: dict[str, Any]) -> tuple[str, ...]:
    """The applications that are approved beforehand, by their `client_id`."""
    return tuple(str(name) for name in approved.get("applications", ()))


def approved_names(approved: dict[str, Any], offer: Offer | None, language: str) -> tuple[str, ...]:
    """The names of what is approved beforehand, as people read them."""
    communities, applications = approved_communities(approved), approved_applications(approved)
    if offer is None:
        return (*communities, *applications)
    return (
        *(offer.community_name(name, language) for name in communities),
        *(offer.application_name(name, language) for name in applications),
    )
