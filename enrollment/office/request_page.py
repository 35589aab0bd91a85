"""What the page of one request shows: the person's words, evidence, duplicates, parts, notes and history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from config.reference.professions import label_of
from config.web.forms import Problems
from config.web.pages import FormPage
from enrollment.delivery.outbox import Delivery
from enrollment.offer import Offer
from enrollment.office.decision_form import DecisionValues
from enrollment.office.duplicates import Candidate, matching_accounts, other_requests
from enrollment.office.evidence import Evidence, evidence_of
from enrollment.office.history_lines import HistoryLine, history_line
from enrollment.office.names import application_name, part_name
from enrollment.office.operators import Operator, Permission, falls_to_region
from enrollment.office.refusals import RefusalCode
from enrollment.office.request_reading import WholeRequest
from enrollment.office.services import OfficeServices
from enrollment.office.voters import CastVote, OwnRequest, VotersUnknown
from enrollment.requests.models import EnrollmentRequest, MoreAsked, RequestNote, RequestPart
from enrollment.requests.more_asked import ASKABLE
from enrollment.requests.person import PERSON_FIELDS, in_words, person_name
from enrollment.requests.states import QUEUED
from enrollment.requests.vocabulary import PartDecision, PartKind, Vote

CHOSEN_REASONS: Final = tuple(code for code in RefusalCode if code is not RefusalCode.ACCOUNT_REFUSED)
"""The reasons that an operator chooses among; `ACCOUNT_REFUSED` follows by itself from a refused account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """A part of the request.

    Attributes:
        is_yours: the operator decides it now.
        needs: the communities that it needs, by name.
        falls_to_region: it has no approvers, so that those who decide on everything decide on it.
        accepted_by: the operators who have accepted it so far.
        no_longer: those of them whose votes do not count any more, since they no longer answer for the part.
        roles: (value, words) of the roles of an application.
    """

    id: str
    kind: str
    name: str
    decision: str
    is_yours: bool
    approvers: int
    accepted_by: tuple[str, ...]
    no_longer: tuple[str, ...]
    needs: tuple[str, ...]
    falls_to_region: bool
    roles: tuple[tuple[str, str], ...]
    role: str
    ends_at: datetime | None
    reason: str
    refusal_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage(FormPage):
    """One request, as operators see it.

    Attributes:
        accounts: the accounts that may be this person's; None when the identity provider is away.
        recognised: the handle of the account that an operator has recognised; "" for none.
        values: the form of the decision, as it was typed.
        is_just_decided: the operator comes from the confirmation.
    """

    template: ClassVar[str] = "office/request.html"

    reference: str
    version: int
    name: str
    profession: str
    state: str
    submitted_at: datetime | None
    came_from: str
    assigned_name: str
    is_mine: bool
    person: tuple[tuple[str, str], ...]
    evidence: tuple[Evidence, ...]
    requests: tuple[Candidate, ...]
    accounts: tuple[Candidate, ...] | None
    recognised: str
    compared: Candidate
    parts: tuple[PartView, ...]
    values: DecisionValues
    notes: Sequence[RequestNote]
    more_asked: Sequence[MoreAsked]
    history: tuple[HistoryLine, ...]
    deliveries: Sequence[Delivery]
    may_decide: bool
    may_assign: bool
    may_note: bool
    may_retry: bool
    is_offer_known: bool = True
    is_just_decided: bool = False
    note: str = ""
    reasons: tuple[str, ...] = CHOSEN_REASONS
    askable: tuple[str, ...] = ASKABLE

    @property
    def path(self) -> str:
        return f"/office/requests/{self.reference}"

    @property
    def subjects(self) -> Mapping[str, str]:
        """What fields of one kind are about, for the summary of problems: by the part of their ids after a hyphen."""
        return {part.id: part.name for part in self.parts}

    @property
    def is_decidable(self) -> bool:
        return self.may_decide and any(part.is_yours for part in self.parts)


def request_page(
    services: OfficeServices,
    whole: WholeRequest,
    operator: Operator,
    values: DecisionValues,
    *,
    problems: Problems = (),
    note: str = "",
    is_just_decided: bool = False,
) -> RequestPage:
    """The page of `whole` for this operator, in the language of the current request."""
    request, language, offer = whole.request, services.web.language(), services.offer()
    is_queued = request.state in QUEUED
    revoked = _revoked(services, request, operator)
    with services.web.using_language(language):
        names = {(part.kind, part.name): part_name(part.kind, part.name, offer, language) for part in whole.parts}
        return RequestPage(
            reference=request.reference or "",
            version=request.version,
            name=person_name(request, language),
            profession=label_of(request.profession, language),
            state=request.state,
            submitted_at=request.submitted_at,
            came_from=application_name(request.target_application, offer, language),
            assigned_name=request.assigned_name if request.assigned_to else "",
            is_mine=request.assigned_to == operator.subject,
            person=_person(request, language),
            evidence=evidence_of(request, services.register),
            requests=tuple(_said(each, language) for each in other_requests(services.database, request)),
            accounts=_accounts(services, request, operator, language),
            recognised=request.existing_account or "",
            compared=_compared(request, language),
            parts=tuple(_part(part, whole, revoked, operator, offer, language) for part in whole.parts),
            values=values,
            notes=whole.notes,
            more_asked=whole.more_asked,
            history=tuple(history_line(event, names) for event in whole.history),
            deliveries=services.outbox.of_request(request.id),
            may_decide=is_queued and operator.may(Permission.DECIDE),
            may_assign=is_queued and operator.may(Permission.ASSIGN),
            may_note=operator.may(Permission.NOTE),
            may_retry=operator.may(Permission.RETRY_DELIVERY),
            is_offer_known=offer is not None,
            is_just_decided=is_just_decided,
            note=note,
            problems=problems,
        )


def _accounts(
    services: OfficeServices, request: EnrollmentRequest, operator: Operator, language: str
) -> tuple[Candidate, ...] | None:
    """Asked only for a request that is to be decided: the page of a decided one needs no account."""
    if request.state not in QUEUED or request.account_subject is not None:
        return ()
    found = matching_accounts(services.idp, request, operator)
    return None if found is None else tuple(_said(each, language) for each in found)


def _revoked(services: OfficeServices, request: EnrollmentRequest, operator: Operator) -> Collection[CastVote]:
    """The votes of a request in the queue that do not count any more; a decision asks again, and needs an answer."""
    if request.state not in QUEUED:
        return ()
    try:
        return services.voters.revoked(request.id, operator=operator.subject)
    except (OwnRequest, VotersUnknown):
        return ()


def _said(candidate: Candidate, language: str) -> Candidate:
    """The candidate with the words for its profession."""
    return replace(candidate, profession=label_of(candidate.profession, language))


def _compared(request: EnrollmentRequest, language: str) -> Candidate:
    return Candidate(
        title=request.reference or "",
        name=f"{request.given_name} {request.family_name}",
        rpps=request.rpps,
        email=request.email,
        profession=label_of(request.profession, language),
        likeness={},
    )


def _part(
    part: RequestPart,
    whole: WholeRequest,
    revoked: Collection[CastVote],
    operator: Operator,
    offer: Offer | None,
    language: str,
) -> PartView:
    application = offer.application(part.name) if offer and part.kind == PartKind.APPLICATION else None
    is_open = part.decision == PartDecision.OPEN
    accepted = [vote for vote in whole.votes if vote.part_id == part.id and vote.vote == Vote.ACCEPT]
    no_longer = {vote.operator_sub for vote in revoked if vote.part_id == part.id}
    roles = {role.name: role.display_name.in_language(language) for role in application.roles} if application else {}
    return PartView(
        id=part.id,
        kind=part.kind,
        name=part_name(part.kind, part.name, offer, language),
        decision=part.decision,
        is_yours=whole.request.state in QUEUED and is_open and operator.answers_for(part.kind, part.name),
        approvers=whole.rules[part.id].approvers,
        accepted_by=tuple(vote.operator_name for vote in accepted if vote.operator_sub not in no_longer),
        no_longer=tuple(vote.operator_name for vote in accepted if vote.operator_sub in no_longer),
        needs=tuple(
            part_name(PartKind.COMMUNITY, name, offer, language)
            for name in (application.needs_communities if application else ())
        ),
        falls_to_region=falls_to_region(offer, part.kind, part.name),
        roles=tuple(roles.items()),
        role=roles.get(part.role or "", part.role or ""),
        ends_at=part.ends_at,
        reason=part.reason,
        refusal_words=part.refusal_words,
    )


def _person(request: EnrollmentRequest, language: str) -> tuple[tuple[str, str], ...]:
    """The fields that were given, in the order of the form, with words for their codes."""
    return tuple(
        (name, in_words(name, value, language)) for name in PERSON_FIELDS if (value := str(getattr(request, name)))
    )
