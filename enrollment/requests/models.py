"""The tables of a request: the person and what they ask for, its parts and votes, its history, notes and links.

A text that was not given is "". Instants are aware. Codes are those of the national tables (`config/reference`), and
words of a closed set those of `vocabulary.py` and `states.py`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from enrollment.database import Base

JSON_OR_NULL = JSON(none_as_null=True)


class EnrollmentRequest(Base):
    """A request, from the first page of its draft until it is purged."""

    __tablename__ = "enrollment_request"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    reference: Mapped[str | None] = mapped_column(String(20), unique=True)  # given when it is sent (references.py)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(2))
    version: Mapped[int] = mapped_column(default=1)  # each change adds one; a page of an older one saves nothing
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    email_verified_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]  # delivered, refused, withdrawn or lapsed: retention counts from here
    erased_at: Mapped[datetime | None]  # its decision alone is kept (personal_data.py)

    # --- where it comes from
    target_application: Mapped[str | None] = mapped_column(String(255))  # the client_id that the person came for
    conditions_version: Mapped[str | None] = mapped_column(String(32))
    conditions_language: Mapped[str | None] = mapped_column(String(2))
    conditions_accepted_at: Mapped[datetime | None]
    account_subject: Mapped[str | None] = mapped_column(String(255))  # the `sub` of a person who asks with an account
    invitation_id: Mapped[str | None] = mapped_column(ForeignKey("invitation.id", ondelete="SET NULL"))
    source_network: Mapped[str] = mapped_column(String(64), default="")  # where it was begun: its letters are limited
    browser_key_hash: Mapped[str | None] = mapped_column(String(64), unique=True)  # SHA-256 of the draft's cookie

    # --- who answers
    assigned_to: Mapped[str | None] = mapped_column(String(255))  # the operator's `sub`
    assigned_name: Mapped[str] = mapped_column(String(240), default="")
    assigned_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(default=0)
    escalated_at: Mapped[datetime | None]
    existing_account: Mapped[str | None] = mapped_column(String(64))  # handle of the account an operator recognised

    # --- the person
    rpps: Mapped[str] = mapped_column(String(32), default="")
    adeli: Mapped[str] = mapped_column(String(16), default="")
    profession: Mapped[str] = mapped_column(String(8), default="")  # TRE_G15, TRE_R95 ...
    title: Mapped[str] = mapped_column(String(8), default="")  # TRE_R11
    civility: Mapped[str] = mapped_column(String(8), default="")  # TRE_R81
    family_name: Mapped[str] = mapped_column(String(120), default="")  # the name under which they practise
    given_name: Mapped[str] = mapped_column(String(120), default="")
    birth_name: Mapped[str] = mapped_column(String(120), default="")
    folded_name: Mapped[str] = mapped_column(String(370), default="")  # of the three names, to be searched and compared
    country: Mapped[str] = mapped_column(String(2), default="")  # ISO 3166-1 alpha-2
    street: Mapped[str] = mapped_column(String(200), default="")
    po_box: Mapped[str] = mapped_column(String(60), default="")
    postcode: Mapped[str] = mapped_column(String(12), default="")
    town: Mapped[str] = mapped_column(String(120), default="")
    cedex: Mapped[str] = mapped_column(String(60), default="")
    department: Mapped[str] = mapped_column(String(3), default="")
    telephone: Mapped[str] = mapped_column(String(20), default="")  # E.164, as the three below
    emergency_telephone: Mapped[str] = mapped_column(String(20), default="")
    mobile: Mapped[str] = mapped_column(String(20), default="")
    fax: Mapped[str] = mapped_column(String(20), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    confidentiality: Mapped[str] = mapped_column(String(16), default="")
    filled_by: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # field -> `card` or `register`
    card_identity: Mapped[dict[str, Any] | None] = mapped_column(JSON_OR_NULL)  # what the card said, verified

    __table_args__ = (
        CheckConstraint("state = 'draft' OR reference IS NOT NULL", name="has_a_reference_once_sent"),
        Index(None, "state", "submitted_at", "id"),  # the queue, a page at a time
        Index(None, "assigned_to"),
        Index(None, "rpps"),
        Index(None, "email"),
        Index(None, "folded_name"),
        Index(None, "submitted_at", "id", "state", "folded_name"),  # a search by name, in the order of the queue
        Index(None, "account_subject"),
        Index(None, "closed_at"),
    )


class RequestPart(Base):
    """One thing asked for, decided by its own approvers: the account, a community, an application."""

    __tablename__ = "request_part"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("enrollment_request.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(255), default="")  # the community's, the client_id; "" for the account
    reason: Mapped[str] = mapped_column(String(500), default="")
    wanted_role: Mapped[str | None] = mapped_column(String(64))
    decision: Mapped[str] = mapped_column(String(16))
    refusal_code: Mapped[str | None] = mapped_column(String(64))
    refusal_words: Mapped[str] = mapped_column(String(2000), default="")
    role: Mapped[str | None] = mapped_column(String(64))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("request_id", "kind", "name"), Index(None, "kind", "name", "decision"))


class PartVote(Base):
    """What one approver says of a part; a rule says how many must accept."""

    __tablename__ = "part_vote"

    part_id: Mapped[str] = mapped_column(ForeignKey("request_part.id", ondelete="CASCADE"), primary_key=True)
    operator_sub: Mapped[str] = mapped_column(String(255), primary_key=True)
    operator_name: Mapped[str] = mapped_column(String(240))
    vote: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]


class RequestEvent(Base):
    """A line of the history that the page of a request shows."""

    __tablename__ = "request_event"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("enrollment_request.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(255))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class RequestNote(Base):
    """A note of an operator to colleagues; the person never reads it."""

    __tablename__ = "request_note"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("enrollment_request.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(String(4000))
    operator_sub: Mapped[str] = mapped_column(String(255))
    operator_name: Mapped[str] = mapped_column(String(240))
    at: Mapped[datetime]


class MoreAsked(Base):
    """An operator asks the person for more: these fields, in these words, until that day."""

    __tablename__ = "more_asked"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("enrollment_request.id", ondelete="CASCADE"), index=True)
    fields: Mapped[list[str]] = mapped_column(JSON)
    words: Mapped[str] = mapped_column(String(2000))
    operator_sub: Mapped[str] = mapped_column(String(255))
    operator_name: Mapped[str] = mapped_column(String(240))
    asked_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(2000), default="")


class RequestLink(Base):
    """A mailed link to a request. What the link holds is not stored, only its SHA-256."""

    __tablename__ = "request_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("enrollment_request.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]  # a status link is good as long as the request is kept
    used_at: Mapped[datetime | None]


class Invitation(Base):
    """A person is invited by e-mail to ask for an account. Operators have approved parts of it beforehand."""

    __tablename__ = "invitation"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    given_name: Mapped[str] = mapped_column(String(120), default="")
    family_name: Mapped[str] = mapped_column(String(120), default="")
    approved: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # by "communities" and "applications"
    language: Mapped[str] = mapped_column(String(2))
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    operator_sub: Mapped[str] = mapped_column(String(255))
    operator_name: Mapped[str] = mapped_column(String(240))
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class ApprovalRule(Base):
    """How a part is decided. The rule whose `part_name` is "" holds for its kind where no other one does."""

    __tablename__ = "approval_rule"

    part_kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    part_name: Mapped[str] = mapped_column(String(255), primary_key=True)
    approvers: Mapped[int]  # how many must accept; 0: nobody approves it
    remind_after_days: Mapped[int | None]  # as the two below: None is the setting's
    escalate_after_days: Mapped[int | None]
    lapse_after_days: Mapped[int | None]

    __table_args__ = (CheckConstraint("approvers >= 0", name="approvers_not_negative"),)


class OutboxEntry(Base):
    """What the identity provider is to be told of a decision, until it has answered (`delivery/outbox.py`)."""

    __tablename__ = "outbox"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("enrollment_request.id", ondelete="CASCADE"))
    sequence: Mapped[int]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    called_at: Mapped[datetime | None]  # since when the identity provider may have it; None: it certainly has not
    delivered_at: Mapped[datetime | None] = mapped_column(index=True)
    refused_at: Mapped[datetime | None]  # for good: it is sent again only when an operator asks
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON_OR_NULL)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(200))
    refusal_code: Mapped[str | None] = mapped_column(String(60))

    __table_args__ = (UniqueConstraint("request_id", "sequence"),)
