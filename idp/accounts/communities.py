"""Communities of professionals: what they are called, and whether a person may ask to join.

Who belongs to one is changed in `access.py`, and known from an `AccountSnapshot`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.database import Database
from config.sql.versioned_cache import bump
from idp.accounts.accounts import REVISION, now
from idp.accounts.errors import CommunityHasMembers, CommunityRefused, CommunityTaken, NoSuchCommunity
from idp.accounts.models import Account, Community, Membership, OperatorRole
from idp.accounts.operator_roles import community_scope
from idp.audit_kinds import IdpAuditKind

LONGEST_NAME: Final = 40
LONGEST_DISPLAY_NAME: Final = 120
LONGEST_HELP: Final = 500

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityDescription:
    """A community: the name that never changes, and what people read, in French and in English.

    `help` says who it is for; it may be empty. Only a community that is `requestable` is offered to
    people who ask for an account.
    """

    name: str
    display_name_fr: str
    display_name_en: str
    help_fr: str = ""
    help_en: str = ""
    requestable: bool = True

    def problems(self) -> list[str]:
        """Everything that keeps this from being a community, one sentence each."""
        problems = []
        if not is_community_name(self.name):
            problems.append(f"name: must be a-z, 0-9 and hyphens, {LONGEST_NAME} at most, such as onco-centre")
        for field, longest, least in (
            ("display_name_fr", LONGEST_DISPLAY_NAME, 1),
            ("display_name_en", LONGEST_DISPLAY_NAME, 1),
            ("help_fr", LONGEST_HELP, 0),
            ("help_en", LONGEST_HELP, 0),
        ):
            text = getattr(self, field)
            if not (least <= len(text) <= longest and text.strip() == text and (not text or text.isprintable())):
                problems.append(f"{field}: must be {least} to {longest} characters on one line")
        return problems

    def display_name(self, language: str) -> str:
        return self.display_name_en if language.startswith("en") else self.display_name_fr


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An account that is or was a member of a community, by its username."""

    login: str
    display_name: str
    role: str | None
    starts_at: datetime
    ends_at: datetime | None


class Communities:
    """The communities of this installation."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def all(self) -> Sequence[CommunityDescription]:
        """Every community, in the order of their names."""
        with self._database.reading() as connection:
            rows = connection.execute(select(*Community.__table__.columns).order_by(Community.name))
            return [CommunityDescription(**{name: getattr(row, name) for name in _FIELDS}) for row in rows]

    def by_name(self, name: str) -> CommunityDescription | None:
        return next((each for each in self.all() if each.name == name), None)

    def members(self, name: str, *, after: str = "", limit: int = 100) -> Sequence[Member]:
        """The members of a community in the order of their usernames, those whose membership has ended included."""
        columns = (Account.login, Account.given_name, Account.family_name)
        found = (
            select(*columns, Membership.role, Membership.starts_at, Membership.ends_at)
            .join(Account, Account.id == Membership.account_id)
            .where(Membership.community == name, Account.login > after)
            .order_by(Account.login)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [
                Member(
                    login=row.login,
                    display_name=f"{row.given_name} {row.family_name}",
                    role=row.role,
                    starts_at=row.starts_at,
                    ends_at=row.ends_at,
                )
                for row in connection.execute(found)
            ]

    def count_members(self, name: str) -> int:
        """How many accounts have a membership of this community, in force or not."""
        with self._database.reading() as connection:
            return connection.scalar(_NUMBER_OF_MEMBERS.where(Membership.community == name)) or 0

    def add(self, community: CommunityDescription, *, actor: Actor) -> None:
        """Add a community.

        Raises:
            CommunityRefused, CommunityTaken
        """
        _refuse_problems(community)
        try:
            with self._database.transaction() as session:
                session.add(Community(**{name: getattr(community, name) for name in _FIELDS}, created_at=now()))
                session.flush()
                self._record(session, IdpAuditKind.COMMUNITY_ADDED, community.name, actor)
        except IntegrityError:
            raise CommunityTaken(community.name) from None

    def change(self, community: CommunityDescription, *, actor: Actor) -> Sequence[str]:
        """Replace the description of the community of this name.

        Returns:
            The names of the fields that changed.

        Raises:
            CommunityRefused, NoSuchCommunity
        """
        _refuse_problems(community)
        with self._database.transaction() as session:
            row = _locked(session, community.name)
            changed = [name for name in _FIELDS if getattr(row, name) != getattr(community, name)]
            for name in changed:
                setattr(row, name, getattr(community, name))
            if changed:
                self._record(session, IdpAuditKind.COMMUNITY_CHANGED, community.name, actor, changed=changed)
            return changed

    def remove(self, name: str, *, members: int = 0, actor: Actor) -> None:
        """Remove a community, its memberships, of which the caller says the number, and the roles of its approvers.

        Raises:
            NoSuchCommunity
            CommunityHasMembers: it has another number of members.
        """
        with self._database.transaction() as session:
            row = _locked(session, name)
            memberships = session.scalars(select(Membership).where(Membership.community == name)).all()
            if len(memberships) != members:
                raise CommunityHasMembers(name, len(memberships))
            approvers = session.scalars(select(OperatorRole).where(OperatorRole.scope == community_scope(name))).all()
            concerned: list[Membership | OperatorRole] = [*memberships, *approvers]
            for each in concerned:
                session.delete(each)
            session.flush()
            session.delete(row)
            self._record(
                session, IdpAuditKind.COMMUNITY_REMOVED, name, actor, members=members, approvers=len(approvers)
            )
            if concerned:
                bump(session, REVISION, *{each.account_id for each in concerned})

    def _record(self, session: Session, kind: IdpAuditKind, name: str, actor: Actor, **detail: object) -> None:
        self._audit.record(session, AuditEntry(kind=kind, actor=actor, detail={"community": name} | detail))


_FIELDS = tuple(field.name for field in fields(CommunityDescription))
_NUMBER_OF_MEMBERS = select(func.count()).select_from(Membership)


def is_community_name(text: str) -> bool:
    """Whether a community could have this name."""
    return len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None


def _refuse_problems(community: CommunityDescription) -> None:
    if problems := community.problems():
        raise CommunityRefused(problems)


def _locked(session: Session, name: str) -> Community:
    """The community, locked against other writers and new members until the transaction ends."""
    row = session.get(Community, name, with_for_update=True)
    if row is None:
        raise NoSuchCommunity(name)
    return row
