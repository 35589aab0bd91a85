"""The tables of cards: those bound to accounts, waiting for an operator or ended, and those read for enrollment."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base


class CardStatus(StrEnum):
    """Whether a card logs in."""

    BOUND = "bound"
    WAITING = "waiting"
    """Its holder has proved the PIN, and an operator must decide whose account it is."""
    ENDED = "ended"
    """It was bound, and logs in no more."""


class CardRow(Base):
    """A card that was verified here. `account_id` is None while it waits and several accounts could be meant.

    `authority` and `serial_number` name its certificate, for OCSP. An ended card keeps its row, so that it never binds
    itself again.
    """

    __tablename__ = "card"

    number: Mapped[str] = mapped_column(String(64), primary_key=True)  # gipCardID: issuer/card
    status: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    national_id: Mapped[str] = mapped_column(String(64), index=True)
    card_type: Mapped[str] = mapped_column(String(8))
    family_name: Mapped[str] = mapped_column(String(120))
    given_name: Mapped[str] = mapped_column(String(120))
    expires_on: Mapped[date]
    authority: Mapped[str] = mapped_column(String(64))
    serial_number: Mapped[str] = mapped_column(String(40))
    certificate_fingerprint: Mapped[str] = mapped_column(String(64))
    first_seen_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    bound_at: Mapped[datetime | None]
    bound_by: Mapped[str | None] = mapped_column(Text)  # the actor as the audit trail writes it
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("status <> 'bound' OR account_id IS NOT NULL", name="a_bound_card_has_its_account"),
        CheckConstraint("(status = 'waiting') = (bound_at IS NULL)", name="bound_at_some_time"),
        CheckConstraint("(status = 'ended') = (ended_at IS NOT NULL)", name="ended_at_some_time"),
        Index(
            "ix_card_bound",
            "authority",
            "last_used_at",
            sqlite_where=text("status = 'bound'"),
            postgresql_where=text("status = 'bound'"),
        ),
    )


class CardReading(Base):
    """A card that was verified for enrollment, so that only such a card is bound at an acceptance.

    Its person may get no account: nothing of them is kept but the digest of what the card said.
    """

    __tablename__ = "card_reading"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(index=True)
