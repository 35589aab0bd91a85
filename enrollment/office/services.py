"""What the pages of operators use, put together once by the application."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import request

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.database import Database
from config.web.web_app import WebShell
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.delivery.outbox import Outbox
from enrollment.idp_client import IdpClient
from enrollment.invitations.invitations import Invitations
from enrollment.offer import Offer, Offers, OfferUnavailable
from enrollment.office.decisions import Decisions
from enrollment.office.operators import Operator
from enrollment.office.rules import Rules
from enrollment.office.voters import Voters
from enrollment.register.register import Register
from enrollment.settings import EnrollmentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeServices:
    """The parts that several pages share, and what they ask of the present request."""

    settings: EnrollmentSettings
    web: WebShell
    database: Database
    audit: Audit
    offers: Offers
    idp: IdpClient
    register: Register
    rules: Rules
    voters: Voters
    decisions: Decisions
    outbox: Outbox
    invitations: Invitations

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.time_zone)

    def offer(self) -> Offer | None:
        """The current offer; None when the identity provider does not answer and never has."""
        try:
            return self.offers.current()
        except OfferUnavailable:
            return None

    def entry(self, kind: EnrollmentAuditKind, operator: Operator, **detail: str) -> AuditEntry:
        """A line of the audit trail on what `operator` does by the present request."""
        return AuditEntry(
            kind=kind,
            actor=Actor.operator(operator.username),
            address=request.remote_addr,
            agent=request.user_agent.string or None,
            detail=detail,
        )
