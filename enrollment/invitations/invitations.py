"""Makes, finds, uses and withdraws invitations.

An invitation is a mailed link, good once and until a day. The database holds the SHA-256
of its token. What it approves counts as the vote of the operator who invites: nobody
approves by an invitation what they could not approve in the queue.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.mail import Letters
from config.redis.rate_limits import Throttle
from config.sql.database import Database
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.invitations.invitees_file import Faults, Invitee, faults_of_shape
from enrollment.invitations.letter import invitation_letter
from enrollment.invitations.problems import MOST_PROBLEMS, InviteeFault, InviteeProblem, InviteesRefused
from enrollment.offer import Offer
from enrollment.requests.links import is_token, new_token, token_hash
from enrollment.requests.models import Invitation, PartVote, RequestPart
from enrollment.requests.vocabulary import PartKind, Vote
from enrollment.settings import EnrollmentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Inviter:
    """The operator who invites.

    Attributes:
        subject: the `sub` of the operator, whose vote the approval is; "" from the command line, which approves
            nothing that a rule does not leave to one person.
        answers_for: whether the operator decides on a part, by its kind and name: nothing else is approved.
    """

    subject: str
    name: str
    actor: Actor
    answers_for: Callable[[str, str], bool] = lambda _kind, _name: True


class InvitationOfOthers(Exception):
    """Another operator has sent this invitation, and others answer for what it approves."""


class Invitations:
    """The invitations of this region."""

    def __init__(
        self, *, settings: EnrollmentSettings, database: Database, audit: Audit, letters: Letters, throttle: Throttle
    ) -> None:
        self._settings = settings
        self._database = database
        self._audit = audit
        self._letters = letters
        self._throttle = throttle

    @property
    def region(self) -> str:
        """The name of the region, which invites when no operator does."""
        return self._settings.region

    def invite(self, invitees: Sequence[Invitee], *, inviter: Inviter, offer: Offer | None) -> tuple[str, ...]:
        """Invite all of them, or nobody; the identifiers of the invitations. Each gets a letter.

        Raises:
            InviteesRefused: what is approved does not exist or is decided by others, a day has passed, or the operator
                has invited too many people within an hour.
        """
        now = datetime.now(UTC)
        problems = (
            InviteeProblem(fault=fault, email=invitee.email, detail=detail)
            for invitee in invitees
            for fault, detail in self.faults_of(invitee, inviter=inviter, offer=offer)
        )
        if told := list(islice(problems, MOST_PROBLEMS)):
            raise InviteesRefused(told)
        if inviter.subject and not self._may_invite(inviter.subject, len(invitees)):
            raise InviteesRefused([InviteeProblem(fault=InviteeFault.TOO_OFTEN)])
        with self._database.transaction() as session:
            return tuple(self._invite(session, invitee, inviter, now) for invitee in invitees)

    def faults_of(self, invitee: Invitee, *, inviter: Inviter, offer: Offer | None) -> Faults:
        """Everything that keeps a person from being invited, each fault with the name that is refused, or ""."""
        faults, now = list(faults_of_shape(invitee)), datetime.now(UTC)
        yield from faults
        is_day = (InviteeFault.UNTIL_SHAPE, "") not in faults
        if invitee.until is not None and is_day and self._end_of(invitee, now) <= now:
            yield InviteeFault.UNTIL_PASSED, ""
        if offer is not None:
            yield from _not_to_be_approved(invitee, inviter, offer)
        elif invitee.communities or invitee.applications:
            yield InviteeFault.OFFER_AWAY, ""

    def find(self, token: str) -> Invitation | None:
        """A copy of the invitation of a token, if it can still be used."""
        if not is_token(token):
            return None
        table = Invitation.__table__
        with self._database.reading() as connection:
            row = connection.execute(select(table).where(table.c.token_hash == token_hash(token))).one_or_none()
        invitation = None if row is None else Invitation(**row._mapping)
        return invitation if invitation is not None and is_open(invitation, datetime.now(UTC)) else None

    def open_invitations(self) -> Sequence[Invitation]:
        """Copies of those that can still be used, the oldest first; at most 500."""
        table = Invitation.__table__
        wanted = (
            select(table)
            .where(table.c.used_at.is_(None), table.c.withdrawn_at.is_(None), table.c.ends_at > datetime.now(UTC))
            .order_by(table.c.created_at, table.c.id)
            .limit(500)
        )
        with self._database.reading() as connection:
            return [Invitation(**row._mapping) for row in connection.execute(wanted)]

    def withdraw(
        self, invitation_id: str, *, actor: Actor, may: Callable[[Invitation], bool] = lambda _invitation: True
    ) -> bool:
        """Withdraw an invitation; False when it could no longer be used.

        Raises:
            InvitationOfOthers: `may` says that it is not the actor's to withdraw.
        """
        now = datetime.now(UTC)
        with self._database.transaction() as session:
            invitation = session.get(Invitation, invitation_id, with_for_update=True)
            if invitation is None or not is_open(invitation, now):
                return False
            if not may(invitation):
                raise InvitationOfOthers
            invitation.withdrawn_at = now
            self._record(session, EnrollmentAuditKind.INVITATION_WITHDRAWN, invitation, actor)
            return True

    def use(
        self, session: Session, invitation_id: str, parts: Iterable[RequestPart], *, now: datetime
    ) -> Invitation | None:
        """Spend an invitation as its request is sent; None when it was used, withdrawn or has ended since.

        What it approves becomes votes of the operator who invited, on `parts`, which are those of the request.
        """
        invitation = session.get(Invitation, invitation_id, with_for_update=True)
        if invitation is None or not is_open(invitation, now):
            return None
        invitation.used_at = now
        self._record(session, EnrollmentAuditKind.INVITATION_USED, invitation, Actor.service("invitation"))
        for part in parts if invitation.operator_sub else ():
            if is_approved(invitation, part):
                session.merge(
                    PartVote(
                        part_id=part.id,
                        operator_sub=invitation.operator_sub,
                        operator_name=invitation.operator_name,
                        vote=Vote.ACCEPT,
                        at=now,
                    )
                )
        return invitation

    def _may_invite(self, operator: str, people: int) -> bool:
        """Whether an operator, by their `sub`, may invite so many people now: a stolen session mails no more."""
        limit = self._settings.invitations_per_hour
        wait = self._throttle.allow("invitations", operator, limit=limit, window=timedelta(hours=1), count=people)
        return wait is None

    def _invite(self, session: Session, invitee: Invitee, inviter: Inviter, now: datetime) -> str:
        token = new_token()
        invitation = Invitation(
            id=uuid4().hex,
            token_hash=token_hash(token),
            email=invitee.email.lower(),
            given_name=invitee.given_name,
            family_name=invitee.family_name,
            approved={"communities": list(invitee.communities), "applications": list(invitee.applications)},
            language=invitee.language,
            created_at=now,
            ends_at=self._end_of(invitee, now),
            operator_sub=inviter.subject,
            operator_name=inviter.name,
        )
        session.add(invitation)
        session.flush()
        self._record(session, EnrollmentAuditKind.INVITATION_SENT, invitation, inviter.actor)
        url = f"{self._settings.address}/invitation/{token}"
        self._letters.post(session, invitation_letter(invitation, url, self._settings))
        return invitation.id

    def _end_of(self, invitee: Invitee, now: datetime) -> datetime:
        """The end of the last day, where the region is."""
        if invitee.until is None:
            return now + self._settings.invitation_lifetime
        following = invitee.until + timedelta(days=1)
        return datetime.combine(following, time(), ZoneInfo(self._settings.time_zone)).astimezone(UTC)

    def _record(self, session: Session, kind: EnrollmentAuditKind, invitation: Invitation, actor: Actor) -> None:
        detail: dict[str, Any] = {"invitation": invitation.id, **invitation.approved}
        self._audit.record(session, AuditEntry(kind=kind, actor=actor, detail=detail))


def _not_to_be_approved(invitee: Invitee, inviter: Inviter, offer: Offer) -> Faults:
    """What is named and does not exist, or is not the inviter's to approve."""
    for name in invitee.communities:
        if offer.community(name) is None:
            yield InviteeFault.NO_COMMUNITY, name
        elif not inviter.answers_for(PartKind.COMMUNITY, name):
            yield InviteeFault.COMMUNITY_OF_OTHERS, name
    for name in invitee.applications:
        if offer.application(name) is None:
            yield InviteeFault.NO_APPLICATION, name
        elif not inviter.answers_for(PartKind.APPLICATION, name):
            yield InviteeFault.APPLICATION_OF_OTHERS, name


def is_open(invitation: Invitation, now: datetime) -> bool:
    """Whether an invitation can still be used."""
    return invitation.used_at is None and invitation.withdrawn_at is None and now < invitation.ends_at


def approved_parts(invitation: Invitation) -> tuple[tuple[PartKind, str], ...]:
    """What an invitation approves beforehand: communities by their names, then applications by their `client_id`."""
    approved = ((PartKind.COMMUNITY, "communities"), (PartKind.APPLICATION, "applications"))
    return tuple((kind, str(name)) for kind, member in approved for name in invitation.approved.get(member, ()))


def is_approved(invitation: Invitation, part: RequestPart) -> bool:
    """Whether the invitation approves this part. The account goes with anything that it approves."""
    approved = approved_parts(invitation)
    return bool(approved) if part.kind == PartKind.ACCOUNT else (part.kind, part.name) in approved
