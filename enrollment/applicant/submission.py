"""A draft is sent: it gets its reference, and a link to verify its e-mail address, in one transaction.

Nothing here asks whether an account, another request or a register has this number or this address: the answer is the
same for everyone, and as quick.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.mail import Letters
from config.sql.database import Database
from enrollment.applicant.anti_bot import AntiBot
from enrollment.applicant.drafts import Draft, lock_draft, owner_of
from enrollment.applicant.step_order import Step, first_missing
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.invitations.invitations import Invitations
from enrollment.letters import LetterKind, letter
from enrollment.requests.card import is_reading_over, withdraw_proof
from enrollment.requests.history import HistoryKind, add_event
from enrollment.requests.links import add_link, is_token, token_hash
from enrollment.requests.models import EnrollmentRequest, Invitation, RequestLink, RequestPart
from enrollment.requests.references import next_reference
from enrollment.requests.requests import move, parts_of, touch
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import LinkPurpose, RequestKind
from enrollment.settings import EnrollmentSettings

APPLICANT: Final = Actor.service("applicant")
"""The actor of what a person does with their request: the trail names the request and never the person."""


class Sending(Enum):
    """What came of sending a draft."""

    SENT = "sent"
    CHANGED_ELSEWHERE = "changed elsewhere"
    INCOMPLETE = "incomplete"
    NO_DRAFT = "no draft"
    """It was sent already, or removed."""
    NOT_SIGNED_IN = "not signed in"
    """The person who has begun it, with an account or as an operator, is not signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submissions:
    """Sends drafts, and the links that verify their addresses."""

    settings: EnrollmentSettings
    database: Database
    audit: Audit
    letters: Letters
    anti_bot: AntiBot
    invitations: Invitations

    def send(self, key: str | None, *, version: int, language: str, signed_in: str | None = None) -> Sending:
        """Send the draft of a browser, as the page with this version has shown it.

        Args:
            signed_in: the `sub` of the person who is signed in to this browser. A request that was begun with an
                account, or by an operator, is sent only by the person who has begun it.
        """
        if key is None or not is_token(key):
            return Sending.NO_DRAFT
        now = datetime.now(UTC)
        with self.database.transaction() as session:
            request = lock_draft(session, key)
            if request is None:
                return Sending.NO_DRAFT
            if request.version != version:
                return Sending.CHANGED_ELSEWHERE
            is_in_person = request.kind == RequestKind.IN_PERSON
            if (is_in_person or request.account_subject is not None) and owner_of(session, request) != signed_in:
                return Sending.NOT_SIGNED_IN
            draft = Draft(request=request, parts=tuple(parts_of(session, request.id)))
            if first_missing(draft) is not Step.CHECK:
                return Sending.INCOMPLETE
            request.language = language
            request.submitted_at = now
            request.reference = next_reference(session, now, ZoneInfo(self.settings.time_zone))
            move(request, RequestState.UNVERIFIED, now=now)
            add_event(session, request.id, HistoryKind.SENT, at=now)
            self.record(session, EnrollmentAuditKind.REQUEST_SENT, request, of_kind=request.kind)
            is_address_known = request.account_subject is not None
            if request.invitation_id is not None:
                is_address_known = self._use_invitation(session, request, draft.parts, now)
            if is_in_person:  # the link of the first login verifies the address
                move(request, RequestState.PENDING, now=now)
            elif is_address_known:
                put_in_queue(session, request, self.settings, self.letters, now=now)
            else:
                self.mail_verification(session, request, now=now)
        return Sending.SENT

    def mail_again(self, key: str | None) -> None:
        """Send one more link to verify the address of this browser's request, if it still is to be verified."""
        with self.database.transaction() as session:
            request = self._lock_unverified(session, key)
            if request is not None:
                self.mail_verification(session, request, now=datetime.now(UTC))

    def correct_email(self, key: str | None, email: str) -> bool:
        """Give this browser's request another address, to be verified in place of the first; whether it could be.

        The next person at the workstation could: a card that counts no more does not vouch for the new address.
        """
        now = datetime.now(UTC)
        with self.database.transaction() as session:
            request = self._lock_unverified(session, key)
            if request is None:
                return False
            if request.email != email:
                if is_reading_over(request, now):
                    withdraw_proof(request)
                request.email = email
                touch(request, now=now)
                former = (RequestLink.request_id == request.id, RequestLink.purpose == LinkPurpose.VERIFY_EMAIL)
                session.execute(delete(RequestLink).where(*former))
                add_event(session, request.id, HistoryKind.EMAIL_CORRECTED, at=now)
            self.mail_verification(session, request, now=now)
        return True

    def mail_verification(self, session: Session, request: EnrollmentRequest, *, now: datetime) -> None:
        """Mail a link that verifies the address, in the caller's transaction, unless the mailbox had many letters."""
        if not self.anti_bot.may_write_to(request.email, network=request.source_network):
            return
        lifetime = self.settings.email_link_lifetime
        token = add_link(session, request.id, LinkPurpose.VERIFY_EMAIL, now=now, lifetime=lifetime)
        self.letters.post(
            session,
            letter(
                LetterKind.VERIFY_EMAIL,
                to=request.email,
                language=request.language,
                settings=self.settings,
                reference=str(request.reference),
                url=f"{self.settings.address}/verify/{token}",
                lifetime=lifetime,
            ),
        )

    def record(self, session: Session, kind: EnrollmentAuditKind, request: EnrollmentRequest, **detail: str) -> None:
        """Write in the trail what the person has done, in the caller's transaction."""
        told = {"reference": request.reference, **detail}
        self.audit.record(session, AuditEntry(kind=kind, actor=APPLICANT, detail=told))

    def _use_invitation(
        self, session: Session, request: EnrollmentRequest, parts: Sequence[RequestPart], now: datetime
    ) -> bool:
        """Spend the invitation of a request that has kept the address to which it was sent; whether it has.

        A request from another address, or whose invitation has ended since, is like any other. The invitation then
        stays open to the mailbox that it was sent to, and approves nothing.
        """
        invitation = session.get(Invitation, request.invitation_id)
        is_kept = invitation is not None and invitation.email.lower() == request.email.lower()
        if is_kept and self.invitations.use(session, str(request.invitation_id), parts, now=now) is not None:
            return True
        request.invitation_id = None
        return False

    @staticmethod
    def _lock_unverified(session: Session, key: str | None) -> EnrollmentRequest | None:
        if key is None or not is_token(key):
            return None
        return session.scalar(
            select(EnrollmentRequest)
            .where(
                EnrollmentRequest.browser_key_hash == token_hash(key),
                EnrollmentRequest.state == RequestState.UNVERIFIED,
            )
            .with_for_update()
        )


def put_in_queue(
    session: Session, request: EnrollmentRequest, settings: EnrollmentSettings, letters: Letters, *, now: datetime
) -> str:
    """Give a request whose address is verified to the operators, and mail its status link; the token of that link."""
    request.email_verified_at = now
    move(request, RequestState.PENDING, now=now)
    token = add_link(session, request.id, LinkPurpose.STATUS, now=now, lifetime=None)
    letters.post(
        session,
        letter(
            LetterKind.RECEIVED,
            to=request.email,
            language=request.language,
            settings=settings,
            reference=str(request.reference),
            url=f"{settings.address}/status/{token}",
        ),
    )
    return token
