"""The link that verifies an e-mail address, before any operator sees the request.

Opening the link shows a button; pressing it verifies. Scanners of mail open links, and press nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar

from flask import Blueprint, redirect
from werkzeug.wrappers import Response as AnyResponse

from config.web.pages import Page, render
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.submission import put_in_queue
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.requests.history import HistoryKind, add_event
from enrollment.requests.links import find_link, is_good
from enrollment.requests.models import EnrollmentRequest, RequestLink
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import LinkPurpose


class LinkState(StrEnum):
    """What a mailed link is worth now."""

    GOOD = "good"
    USED = "used"
    """The address is verified."""
    ENDED = "ended"
    """It has expired, or another one was sent to another address; a new one can be sent."""
    UNKNOWN = "unknown"
    """It was never sent, or its request is no longer kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPage(Page):
    """What the link is for, and its button; or why it is good no more, and the way on."""

    template: ClassVar[str] = "applicant/verify.html"

    state: LinkState
    token: str = ""
    reference: str = ""
    is_mailed_again: bool = False

    @property
    def path(self) -> str:
        return f"/verify/{self.token}" if self.token else "/follow"


def state_of(found: tuple[RequestLink, EnrollmentRequest] | None, now: datetime) -> LinkState:
    """What a link that verifies an address is worth."""
    if found is None:
        return LinkState.UNKNOWN
    link, request = found
    if request.state != RequestState.UNVERIFIED:
        return LinkState.USED if request.email_verified_at else LinkState.UNKNOWN
    return LinkState.GOOD if is_good(link, now) else LinkState.ENDED


def verification_blueprint(services: ApplicantServices) -> Blueprint:
    verification = Blueprint("verification", __name__)
    statuses = {LinkState.GOOD: 200, LinkState.USED: 200, LinkState.ENDED: 410, LinkState.UNKNOWN: 404}

    def page(token: str, found: tuple[RequestLink, EnrollmentRequest] | None) -> AnyResponse:
        state = state_of(found, datetime.now(UTC))
        if found is None or state is LinkState.UNKNOWN:
            return render(VerifyPage(state=LinkState.UNKNOWN), 404)
        return render(VerifyPage(state=state, token=token, reference=found[1].reference or ""), statuses[state])

    @verification.get("/verify/<token>")
    def show(token: str) -> AnyResponse:
        with services.database.transaction() as session:
            found = find_link(session, token, LinkPurpose.VERIFY_EMAIL)
        return page(token, found)

    @verification.post("/verify/<token>")
    def verify(token: str) -> AnyResponse:
        now = datetime.now(UTC)
        submissions = services.submissions
        with services.database.transaction() as session:
            found = find_link(session, token, LinkPurpose.VERIFY_EMAIL, lock=True)
            if found is None or state_of(found, now) is not LinkState.GOOD:
                return page(token, found)
            link, request = found
            link.used_at = now
            status = put_in_queue(session, request, services.settings, submissions.letters, now=now)
            add_event(session, request.id, HistoryKind.EMAIL_VERIFIED, at=now)
            submissions.record(session, EnrollmentAuditKind.EMAIL_VERIFIED, request)
        return redirect(f"/status/{status}", 303)

    @verification.post("/verify/<token>/again")
    def mail_again(token: str) -> AnyResponse:
        """Mail another link to the same mailbox, when the one that was opened has ended."""
        now = datetime.now(UTC)
        with services.database.transaction() as session:
            found = find_link(session, token, LinkPurpose.VERIFY_EMAIL, lock=True)
            if found is None or state_of(found, now) not in (LinkState.ENDED, LinkState.GOOD):
                return page(token, found)
            services.submissions.mail_verification(session, found[1], now=now)
            reference = found[1].reference or ""
        return render(VerifyPage(state=LinkState.ENDED, token=token, reference=reference, is_mailed_again=True))

    return verification
