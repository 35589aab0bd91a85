"""Drafts: a request while it is filled in, found again by a cookie of the browser that began it.

The cookie holds 256 random bits and lasts as long as the browser is open, since workstations are shared; the database
holds its SHA-256. A mailed link opens the draft in another browser, or later (`resume.py`), and the first one loses it.

A request that is made with an account, or filled in by an operator, opens only while that person or operator is signed
in: the next person at the workstation neither reads nor sends it.

Each save names the version that the page showed. When another tab has saved since, nothing is written and the page is
shown again with what was typed in it. Saving what is stored already is no change: a form may be sent twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, delete, select
from sqlalchemy.orm import Session

from config.sql.database import Database
from enrollment.requests.card import forget_reading, is_reading_over
from enrollment.requests.in_person import enrolled_by
from enrollment.requests.links import is_token, new_token, token_hash
from enrollment.requests.models import EnrollmentRequest, RequestLink, RequestPart
from enrollment.requests.person import PERSON_FIELDS, fold_name
from enrollment.requests.requests import parts_of, read_parts, read_request, touch
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import FilledBy, PartDecision, PartKind, RequestKind

COOKIE: Final = "draft"
"""The purpose of the cookie: its name is `__Host-enrollment-draft`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What a request is begun with, on its first page."""

    kind: RequestKind = RequestKind.FIRST_ACCOUNT
    language: str
    target_application: str | None
    conditions_version: str | None
    source_network: str
    account_subject: str | None = None
    invitation_id: str | None = None
    person: Mapping[str, Any] = field(default_factory=dict)
    parts: Sequence["Wanted"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Something that the person asks for: the account, a community or an application."""

    kind: PartKind
    name: str = ""
    reason: str = ""
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request as its own browser sees it; it may have been sent since."""

    request: EnrollmentRequest
    parts: tuple[RequestPart, ...]
    owner: str | None = None
    """The `sub` of the only person who may open it, once signed in; None when the browser's key is enough."""

    @property
    def is_sent(self) -> bool:
        return self.request.state != RequestState.DRAFT

    @property
    def wanted(self) -> frozenset[Wanted]:
        return frozenset(map(wanted_of, self.parts))


class Saved(Enum):
    """What came of a save."""

    DONE = "done"
    CHANGED_ELSEWHERE = "changed elsewhere"
    """Nothing was written: another tab has saved since the page was shown."""
    READING_OVER = "reading over"
    """It was written, and the card of the draft, which counts no more, was forgotten."""
    NO_DRAFT = "no draft"
    """This browser has none, or it was sent or removed."""


def owner_of(reader: Connection | Session, request: EnrollmentRequest) -> str | None:
    """The `sub` of the person who fills in a request while signed in: with an account, or an operator."""
    return enrolled_by(reader, request.id) if request.kind == RequestKind.IN_PERSON else request.account_subject


def wanted_of(part: RequestPart) -> Wanted:
    return Wanted(kind=PartKind(part.kind), name=part.name, reason=part.reason, role=part.wanted_role)


class Drafts:
    """The drafts in the database, by the key that a browser's cookie holds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, beginning: Beginning) -> str:
        """Begin a draft; the key for the browser's cookie."""
        now = datetime.now(UTC)
        key = new_token()
        request = EnrollmentRequest(
            id=uuid4().hex,
            kind=beginning.kind,
            state=RequestState.DRAFT,
            language=beginning.language,
            created_at=now,
            changed_at=now,
            target_application=beginning.target_application,
            conditions_version=beginning.conditions_version,
            conditions_language=None if beginning.conditions_version is None else beginning.language,
            conditions_accepted_at=None if beginning.conditions_version is None else now,
            account_subject=beginning.account_subject,
            invitation_id=beginning.invitation_id,
            source_network=beginning.source_network,
            browser_key_hash=token_hash(key),
            **beginning.person,
        )
        with self._database.transaction() as session:
            session.add(request)
            session.flush()
            session.add_all(_part(request.id, wanted) for wanted in beginning.parts)
        return key

    def find(self, key: str | None) -> Draft | None:
        """The request of this browser, sent or not; None when it has none."""
        if key is None or not is_token(key):
            return None
        with self._database.reading() as connection:
            request = read_request(connection, browser_key_hash=token_hash(key))
            if request is None or request.erased_at is not None:
                return None
            parts = tuple(read_parts(connection, request.id))
            return Draft(request=request, parts=parts, owner=owner_of(connection, request))

    def save_person(self, key: str | None, *, version: int, person: Mapping[str, str]) -> Saved:
        """Keep what the person says of themselves. What a card or the register has filled is left as it is.

        Links that were mailed to another address end: it may be a stranger's, typed by mistake.
        """

        def change(session: Session, request: EnrollmentRequest) -> None:
            if person.get("email", request.email) != request.email:
                session.execute(delete(RequestLink).where(RequestLink.request_id == request.id))
            for name in PERSON_FIELDS:
                if name in person and name not in request.filled_by:
                    setattr(request, name, person[name])
            fold_name(request)

        def is_same(_session: Session, request: EnrollmentRequest) -> bool:
            return all(
                getattr(request, name) == value for name, value in person.items() if name not in request.filled_by
            )

        return self._save(key, version, change=change, is_same=is_same)

    def fill(self, key: str | None, *, version: int, person: Mapping[str, str], source: FilledBy) -> Saved:
        """Keep fields that a card or the register has filled, as theirs: the person no longer types them.

        What another source has filled stays.
        """

        def change(_session: Session, request: EnrollmentRequest) -> None:
            filled = {name: value for name, value in person.items() if request.filled_by.get(name, source) == source}
            for name, value in filled.items():
                setattr(request, name, value)
            request.filled_by = request.filled_by | dict.fromkeys(filled, source)
            fold_name(request)

        return self._save(key, version, change=change)

    def release(self, key: str | None, *, version: int, source: FilledBy) -> Saved:
        """Let the person type again what this source has filled; its values stay until they do."""

        def change(_session: Session, request: EnrollmentRequest) -> None:
            request.filled_by = {name: each for name, each in request.filled_by.items() if each != source}

        return self._save(key, version, change=change)

    def save_wanted(self, key: str | None, *, version: int, wanted: frozenset[Wanted]) -> Saved:
        """Keep what the person asks for, in place of what they asked for before."""

        def change(session: Session, request: EnrollmentRequest) -> None:
            session.execute(delete(RequestPart).where(RequestPart.request_id == request.id))
            session.add_all(_part(request.id, each) for each in wanted)

        def is_same(session: Session, request: EnrollmentRequest) -> bool:
            return frozenset(map(wanted_of, parts_of(session, request.id))) == wanted

        return self._save(key, version, change=change, is_same=is_same)

    def give_first_address(self, key: str | None, email: str) -> None:
        """Give the draft of this browser the address that a link is asked for, when it has none yet."""
        if key is not None and is_token(key):
            with self._database.transaction() as session:
                request = lock_draft(session, key)
                if request is not None and not request.email:
                    request.email = email
                    touch(request, now=datetime.now(UTC))

    def abandon(self, key: str | None) -> None:
        """Delete the draft of this browser; a request that was sent stays."""
        if key is not None and is_token(key):
            with self._database.transaction() as session:
                session.execute(
                    delete(EnrollmentRequest).where(
                        EnrollmentRequest.browser_key_hash == token_hash(key),
                        EnrollmentRequest.state == RequestState.DRAFT,
                    )
                )

    def _save(
        self,
        key: str | None,
        version: int,
        *,
        change: Callable[[Session, EnrollmentRequest], None],
        is_same: Callable[[Session, EnrollmentRequest], bool] | None = None,
    ) -> Saved:
        if key is None or not is_token(key):
            return Saved.NO_DRAFT
        with self._database.transaction() as session:
            request = lock_draft(session, key)
            if request is None:
                return Saved.NO_DRAFT
            if is_same is not None and is_same(session, request):
                return Saved.DONE
            if request.version != version:
                return Saved.CHANGED_ELSEWHERE
            now = datetime.now(UTC)
            is_over = is_reading_over(request, now)
            if is_over:
                forget_reading(request)
            change(session, request)
            touch(request, now=now)
        return Saved.READING_OVER if is_over else Saved.DONE


def lock_draft(session: Session, key: str) -> EnrollmentRequest | None:
    """The draft of a browser, locked until the caller's transaction ends; None when it has none, or has sent it."""
    return session.scalar(
        select(EnrollmentRequest)
        .where(EnrollmentRequest.browser_key_hash == token_hash(key), EnrollmentRequest.state == RequestState.DRAFT)
        .with_for_update()
    )


def _part(request_id: str, wanted: Wanted) -> RequestPart:
    return RequestPart(
        id=uuid4().hex,
        request_id=request_id,
        kind=wanted.kind,
        name=wanted.name,
        reason=wanted.reason,
        wanted_role=wanted.role,
        decision=PartDecision.OPEN,
    )
