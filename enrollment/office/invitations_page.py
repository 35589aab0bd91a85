"""Invitations, `/office/invitations`: an operator invites one person or those of a file, and withdraws invitations.

An operator approves beforehand only what they answer for. They withdraw the invitations of others where they answer for
all that these approve.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import ClassVar, Final

from flask import g, redirect, request
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response as AnyResponse

from config.actor import Actor
from config.text_files import NotText, text_of
from config.web.pages import FormPage, render
from enrollment.invitations.invitations import InvitationOfOthers, Inviter, approved_parts
from enrollment.invitations.invitees_file import Invitee, invitee_of, read_invitees
from enrollment.invitations.problems import COLUMNS, MOST_PROBLEMS, InviteeFault, InviteeProblem, InviteesRefused
from enrollment.offer import Offer
from enrollment.office.names import part_name
from enrollment.office.operators import Operator, Permission
from enrollment.office.services import OfficeServices
from enrollment.office.views import OfficeViews
from enrollment.requests.models import Invitation
from enrollment.requests.vocabulary import PartKind

ADDRESS: Final = "/office/invitations"
TYPED: Final = ("email", "given_name", "family_name", "language", "until")
LONGEST_TYPED: Final = 254  # characters of a text that the page shows again
MOST_CHOSEN: Final = 200

FIELDS: Final[Mapping[InviteeFault, str]] = {
    InviteeFault.EMAIL: "email",
    InviteeFault.GIVEN_NAME: "given_name",
    InviteeFault.FAMILY_NAME: "family_name",
    InviteeFault.LANGUAGE: "language",
    InviteeFault.UNTIL_SHAPE: "until",
    InviteeFault.UNTIL_PASSED: "until",
}
"""The field of the form for one person that a fault is about; the others are about what is approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRow:
    """An invitation that can still be used; `approved` are display names."""

    id: str
    email: str
    name: str
    approved: tuple[str, ...]
    invited_by: str
    ends_at: datetime
    may_withdraw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRow:
    """A problem of a form: the field that it leads to, the code of its sentence, and what it is about."""

    field: str
    code: str
    line: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationsPage(FormPage):
    """The two forms and the open invitations. What can be approved is (identifier, display name)."""

    template: ClassVar[str] = "office/invitations.html"

    communities: tuple[tuple[str, str], ...]
    applications: tuple[tuple[str, str], ...]
    open: tuple[InvitationRow, ...]
    given: dict[str, str] = field(default_factory=lambda: dict.fromkeys(TYPED, ""))
    chosen: frozenset[str] = frozenset()
    """What is ticked, as `community:onco-centre`."""
    problems: tuple[ProblemRow, ...] = ()
    sent: int = 0
    is_withdrawn: bool = False
    columns: tuple[str, ...] = COLUMNS

    @property
    def path(self) -> str:
        return ADDRESS


def add_invitations_page(views: OfficeViews, services: OfficeServices) -> None:
    def show(
        operator: Operator,
        *,
        given: Mapping[str, str] | None = None,
        chosen: frozenset[str] = frozenset(),
        problems: Sequence[ProblemRow] = (),
    ) -> AnyResponse:
        g.section = ADDRESS
        language = services.web.language()
        offer = services.offer()
        sent = request.args.get("sent", "") if request.method == "GET" else ""
        page = InvitationsPage(
            communities=_communities(operator, offer, language),
            applications=_applications(operator, offer, language),
            open=tuple(_row(each, operator, offer, language) for each in services.invitations.open_invitations()),
            given=dict.fromkeys(TYPED, "") | dict(given or {}),
            chosen=chosen,
            problems=tuple(problems),
            sent=int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 5 else 0,
            is_withdrawn=request.method == "GET" and "withdrawn" in request.args,
        )
        return render(page, 422 if problems else 200)

    def inviter(operator: Operator) -> Inviter:
        return Inviter(
            subject=operator.subject,
            name=operator.name,
            actor=Actor.operator(operator.username),
            answers_for=operator.answers_for,
        )

    def invite(operator: Operator, invitees: Sequence[Invitee], offer: Offer | None) -> AnyResponse:
        """
        Raises:
            InviteesRefused: nobody is invited.
        """
        services.invitations.invite(invitees, inviter=inviter(operator), offer=offer)
        return redirect(f"{ADDRESS}?sent={len(invitees)}", 303)

    @views.get(ADDRESS, Permission.INVITE)
    def invitations(operator: Operator) -> AnyResponse:
        return show(operator)

    @views.post(ADDRESS, Permission.INVITE)
    def invite_one(operator: Operator) -> AnyResponse:
        given = {name: request.form.get(name, "").replace("\x00", "").strip() for name in TYPED}
        communities, applications = _ticked("community"), _ticked("application")
        shown_again = {name: text[:LONGEST_TYPED] for name, text in given.items()}
        chosen = frozenset(
            [f"community:{name}" for name in communities] + [f"application:{name}" for name in applications]
        )
        read, misread = invitee_of(given)
        invitee = replace(read, communities=communities, applications=applications)
        offer = services.offer()
        if misread:
            further = services.invitations.faults_of(invitee, inviter=inviter(operator), offer=offer)
            faults = [*((fault, "") for fault in misread), *islice(further, MOST_PROBLEMS)]
        else:
            try:
                return invite(operator, [invitee], offer)
            except InviteesRefused as refused:
                faults = [(problem.fault, problem.detail) for problem in refused.found]
        problems = [ProblemRow(field=FIELDS.get(fault, "approved"), code=fault, detail=name) for fault, name in faults]
        return show(operator, given=shown_again, chosen=chosen, problems=problems)

    @views.post(f"{ADDRESS}/file", Permission.INVITE)
    def invite_file(operator: Operator) -> AnyResponse:
        sent, offer = request.files.get("file"), services.offer()
        faults_of = partial(services.invitations.faults_of, inviter=inviter(operator), offer=offer)
        try:
            text = text_of(sent.stream.read() if sent is not None else b"")
            return invite(operator, read_invitees(text, faults_of), offer)
        except NotText:
            return show(operator, problems=[ProblemRow(field="file", code=InviteeFault.NOT_TEXT)])
        except InviteesRefused as refused:
            return show(operator, problems=[_of_file(problem) for problem in refused.found])

    @views.post(f"{ADDRESS}/<invitation>/withdrawal", Permission.INVITE)
    def withdraw(operator: Operator, invitation: str) -> AnyResponse:
        actor, may = Actor.operator(operator.username), partial(_may_withdraw, operator)
        try:
            if not services.invitations.withdraw(invitation, actor=actor, may=may):
                raise NotFound
        except InvitationOfOthers:
            raise Forbidden from None
        return redirect(f"{ADDRESS}?withdrawn", 303)


def _ticked(name: str) -> tuple[str, ...]:
    ticked = dict.fromkeys(value for value in request.form.getlist(name) if value and "\x00" not in value)
    return tuple(value[:LONGEST_TYPED] for value in ticked)[:MOST_CHOSEN]


def _of_file(problem: InviteeProblem) -> ProblemRow:
    """A problem of a file: its line, or the person whose line has what is refused."""
    about = problem.detail or (problem.email if problem.line is None else "")
    if problem.detail and problem.email:
        about = f"{problem.email}, {problem.detail}"
    return ProblemRow(field="file", code=problem.fault, line=problem.line, detail=about)


def _communities(operator: Operator, offer: Offer | None, language: str) -> tuple[tuple[str, str], ...]:
    """The communities that the operator may approve."""
    return tuple(
        (each.name, each.display_name.in_language(language))
        for each in (offer.communities if offer else ())
        if operator.answers_for(PartKind.COMMUNITY, each.name)
    )


def _applications(operator: Operator, offer: Offer | None, language: str) -> tuple[tuple[str, str], ...]:
    """The applications that the operator may approve."""
    return tuple(
        (each.client_id, each.display_name.in_language(language))
        for each in (offer.applications if offer else ())
        if operator.answers_for(PartKind.APPLICATION, each.client_id)
    )


def _may_withdraw(operator: Operator, invitation: Invitation) -> bool:
    """Whether it is the operator's own, or they answer for all that it approves: without any, for the whole region."""
    approved = approved_parts(invitation) or ((PartKind.COMMUNITY, ""),)
    answers_for_all = all(operator.answers_for(*part) for part in approved)
    return invitation.operator_sub == operator.subject or answers_for_all


def _row(invitation: Invitation, operator: Operator, offer: Offer | None, language: str) -> InvitationRow:
    return InvitationRow(
        id=invitation.id,
        email=invitation.email,
        name=" ".join(filter(None, (invitation.given_name, invitation.family_name))),
        approved=tuple(part_name(*part, offer, language) for part in approved_parts(invitation)),
        invited_by=invitation.operator_name,
        ends_at=invitation.ends_at,
        may_withdraw=_may_withdraw(operator, invitation),
    )
