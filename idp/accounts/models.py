"""The tables of accounts: passwords, subject identifiers, further numbers, entitlements, communities, operators.

A row never leaves this package: the rest of the program sees an `AccountSnapshot`. An account is never deleted, because
its username and subjects must not be given to another person: the person's data are erased and the account is disabled.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column

from config.reference.names import folded
from idp.accounts.assignments import LONGEST_REASON, LONGEST_ROLE
from idp.database import Base


class IdentifierProof(StrEnum):
    """How a national identifier was proven to be the person's own (docs/decisions/national-identifiers.md).

    RPPS numbers are public: an identifier that was only typed proves nothing.
    """

    TYPED = "typed"
    OPERATOR = "operator"
    CARD = "card"
    PSC = "psc"


class IdentifierKind(StrEnum):
    """The numbers that a person may have besides the national identifier."""

    ADELI = "adeli"


class Language(StrEnum):
    """The languages of messages."""

    FRENCH = "fr"
    ENGLISH = "en"


class Confidentiality(StrEnum):
    """Who may see a person in the directory. Some applications are closed to people who are hidden.

    An account for which nobody has chosen a level has `PROFESSIONALS`.
    """

    PUBLIC = "public"
    PROFESSIONALS = "professionals"
    HIDDEN = "hidden"


class Account(Base):
    """A person who may log in.

    Sessions, tokens and mailed links from before `valid_from` are void.
    """

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    given_name: Mapped[str] = mapped_column(String(120))
    family_name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), index=True)
    email_verified_at: Mapped[datetime | None]  # when a link mailed to this address was used, here or at enrollment
    birth_name: Mapped[str | None] = mapped_column(String(120))
    searched_name: Mapped[str | None] = mapped_column(String(500), index=True)  # as the one below: `matching.py`
    searched_birth_name: Mapped[str | None] = mapped_column(String(500), index=True)
    civility: Mapped[str | None] = mapped_column(String(8))
    title: Mapped[str | None] = mapped_column(String(8))
    profession: Mapped[str | None] = mapped_column(String(8))
    national_id: Mapped[str | None] = mapped_column(String(64), index=True)
    national_id_proof: Mapped[str | None] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(2))
    street: Mapped[str | None] = mapped_column(String(200))
    po_box: Mapped[str | None] = mapped_column(String(60))
    postcode: Mapped[str | None] = mapped_column(String(12))
    town: Mapped[str | None] = mapped_column(String(120))
    cedex: Mapped[str | None] = mapped_column(String(60))
    department: Mapped[str | None] = mapped_column(String(3))
    country: Mapped[str | None] = mapped_column(String(2))
    telephone: Mapped[str | None] = mapped_column(String(20))  # E.164, as the three below
    emergency_telephone: Mapped[str | None] = mapped_column(String(20))
    mobile: Mapped[str | None] = mapped_column(String(20))
    fax: Mapped[str | None] = mapped_column(String(20))
    confidentiality: Mapped[str] = mapped_column(String(16), server_default=text("'professionals'"))
    conditions_version: Mapped[str | None] = mapped_column(String(32))
    conditions_language: Mapped[str | None] = mapped_column(String(2))
    conditions_accepted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    valid_from: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("login = lower(login)", name="login_in_small_letters"),
        CheckConstraint("(national_id IS NULL) = (national_id_proof IS NULL)", name="national_id_has_its_proof"),
        Index(
            "ix_account_proven_national_id",
            "national_id",
            unique=True,
            sqlite_where=text("national_id_proof <> 'typed'"),
            postgresql_where=text("national_id_proof <> 'typed'"),
        ),
    )


def searched_name(given_name: str, surname: str) -> str | None:
    """Both names without accents, case and hyphens, as they are compared; None when one of them has no letter."""
    given, family = folded(given_name), folded(surname)
    return f"{given} {family}" if given and family else None


@event.listens_for(Account, "before_insert")
@event.listens_for(Account, "before_update")
def _fold_names(_mapper: object, _connection: object, account: Account) -> None:
    account.searched_name = searched_name(account.given_name, account.family_name)
    account.searched_birth_name = searched_name(account.given_name, account.birth_name or "")


class AccountIdentifier(Base):
    """A number of the person besides `Account.national_id`, such as ADELI, with how it was proven to be theirs."""

    __tablename__ = "account_identifier"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(String(64), primary_key=True)
    proof: Mapped[str] = mapped_column(String(16))
    proven_at: Mapped[datetime | None]
    proven_by: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("(proof = 'typed') = (proven_at IS NULL)", name="proven_at_some_time"),
        Index(
            "ix_account_identifier_proven",
            "kind",
            "value",
            unique=True,
            sqlite_where=text("proof <> 'typed'"),
            postgresql_where=text("proof <> 'typed'"),
        ),
    )


class PasswordCredential(Base):
    """The Argon2id hash of an account's password."""

    __tablename__ = "password_credential"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(256))
    set_at: Mapped[datetime]
    must_change: Mapped[bool]


class PastPassword(Base):
    """The hash of a replaced password, kept while the policy forbids to use it again."""

    __tablename__ = "past_password"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    hash: Mapped[str] = mapped_column(String(256))
    replaced_at: Mapped[datetime]


class Subject(Base):
    """The subject identifier of an account in one sector; the sector of public subjects is empty."""

    __tablename__ = "subject"

    sub: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    sector: Mapped[str] = mapped_column(String(255))

    __table_args__ = (UniqueConstraint("account_id", "sector"),)


class AssignmentColumns:
    """The columns of what an account is granted for a time (`assignments.py`)."""

    role: Mapped[str | None] = mapped_column(String(LONGEST_ROLE))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(LONGEST_REASON))
    granted_at: Mapped[datetime]
    granted_by: Mapped[str | None] = mapped_column(Text)


class Entitlement(AssignmentColumns, Base):
    """An application, by its client identifier, that an account may use."""

    __tablename__ = "entitlement"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    application: Mapped[str] = mapped_column(String(255), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(server_default=text("CURRENT_TIMESTAMP"))  # for older nodes

    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_its_start"),)


class Community(Base):
    """A community of professionals, such as a network of care. Its name never changes: memberships refer to it."""

    __tablename__ = "community"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    display_name_fr: Mapped[str] = mapped_column(String(120))
    display_name_en: Mapped[str] = mapped_column(String(120))
    help_fr: Mapped[str] = mapped_column(String(500))
    help_en: Mapped[str] = mapped_column(String(500))
    requestable: Mapped[bool]
    created_at: Mapped[datetime]


class Membership(AssignmentColumns, Base):
    """A community that an account belongs to."""

    __tablename__ = "membership"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    community: Mapped[str] = mapped_column(ForeignKey("community.name"), primary_key=True, index=True)

    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_its_start"),)


class DeliveredRequest(Base):
    """A call by which enrollment has delivered what was accepted (`accepted_requests.py`).

    A call with the same request, sequence and `digest` of its body gets the same answer.
    """

    __tablename__ = "delivered_request"

    request: Mapped[str] = mapped_column(String(32), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    letter: Mapped[str | None] = mapped_column(String(255))
    delivered_at: Mapped[datetime]


class OperatorRole(Base):
    """A role that lets an account act as an operator (`operator_roles.py`); the scope of everything is empty."""

    __tablename__ = "operator_role"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    scope: Mapped[str] = mapped_column(String(80), primary_key=True)
    granted_at: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(Text)

    __table_args__ = (CheckConstraint("role = 'approver' OR scope = ''", name="only_an_approver_has_a_scope"),)
