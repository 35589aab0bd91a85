"""The single sign-on session and its participations, in Redis.

The cookie holds `<sid>.<secret>`. The record, whose key is the sid, has only a fingerprint of the secret, and each
login renews the secret. Applications do not receive this sid: each knows the session by a name of its own
(`Session.known_as`), so that two applications cannot tell that they serve the same person. A session is active while
its record exists (the absolute limit), its activity record exists (the idle limit), and the account has not been
disabled or revoked since the login.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from config.redis.store import Put, Store, fingerprint
from idp.accounts.accounts import Accounts
from idp.accounts.snapshot import AccountSnapshot
from idp.record_kinds import IdpRecord
from idp.sessions.authentication import Authentication
from idp.sessions.authentication_record import authentication_of, factor_records
from idp.sessions.card_presence import CardPresences
from idp.sessions.participation import Participation
from idp.sessions.saml_session_index import NamedSessions
from idp.sessions.session_cookie import parse_session_cookie


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session of one person in one browser."""

    sid: str
    account_id: str
    authentication: Authentication
    started_at: datetime
    ends_at: datetime
    secret_fingerprint: str
    account_valid_from: datetime  # the account's at the login: a later `valid_from` voids the session
    name_key: str = field(repr=False)  # random
    card_removed_at: datetime | None = None  # when the card of a factor last left its reader

    def known_as(self, identifier: str) -> str:
        """The name by which the application `identifier` alone knows this session, as long as the session lasts.

        OpenID Connect Back-Channel Logout 1.0 section 2.1 calls it `sid`.
        """
        digest = hmac.digest(self.name_key.encode("ascii"), identifier.encode("utf-8"), "sha256")
        return urlsafe_b64encode(digest[:18]).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSession:
    """An active session with the current state of its account. `idle_at` is when it reaches the idle limit."""

    session: Session
    snapshot: AccountSnapshot
    idle_at: datetime


class Sessions:
    """The sessions."""

    def __init__(self, store: Store, accounts: Accounts, *, idle: timedelta, absolute: timedelta) -> None:
        self._store = store
        self._accounts = accounts
        self._idle = idle
        self._absolute = absolute
        self._named = NamedSessions(store, lifetime=absolute)
        self._card_presences = CardPresences(store)

    def begin(
        self,
        account_id: str,
        authentication: Authentication,
        *,
        account_valid_from: datetime,
        replacing: Session | None,
        max_lifetime: timedelta | None = None,
        card_presence: bytes = b"",
    ) -> tuple[Session, str]:
        """Open a session and return it with the value of its cookie, which is always new.

        When the person of `replacing` has authenticated again, the session keeps its `sid`, so that applications opened
        earlier are still logged out with it. A session of another person ends. `max_lifetime` shortens the absolute
        limit. `card_presence` is the hash by which the card of this login says that it was pulled; empty without one.
        """
        secret = secrets.token_urlsafe(32)
        same_person = replacing is not None and replacing.account_id == account_id
        if replacing is not None and not same_person:
            self.end(replacing)
        if replacing is not None and same_person:
            session = replace(
                replacing,
                authentication=authentication,
                secret_fingerprint=fingerprint(secret),
                account_valid_from=account_valid_from,
            )
        else:
            session = Session(
                sid=secrets.token_urlsafe(18),
                account_id=account_id,
                authentication=authentication,
                started_at=authentication.at,
                ends_at=authentication.at + min(self._absolute, max_lifetime or self._absolute),
                secret_fingerprint=fingerprint(secret),
                account_valid_from=account_valid_from,
                name_key=secrets.token_urlsafe(16),
            )
        remaining = session.ends_at - datetime.now(UTC)
        puts = [
            Put(kind=IdpRecord.SESSION, identifier=session.sid, value=_record(session), lifetime=remaining),
            self.activity(session),
        ]
        if card_presence:
            puts.append(self._card_presences.put(card_presence, session.sid, lifetime=remaining))
        self._store.put_all(puts)
        # Looked at after the entry is written: a removal that comes now finds the session, and an earlier one is kept.
        if card_presence and self._card_presences.was_removed(card_presence):
            removed_at = max(datetime.now(UTC), authentication.at)
            session = replace(session, card_removed_at=removed_at)
            self.note_card_removed(session, removed_at)
        return session, f"{session.sid}.{secret}"

    def find(self, cookie: str | None) -> ActiveSession | None:
        """The active session of a cookie; None when it is unknown or expired, or its account was revoked."""
        if (named := parse_session_cookie(cookie)) is None:
            return None
        record, activity = self._store.get_many((IdpRecord.SESSION, named.sid), (IdpRecord.ACTIVE, named.sid))
        if record is None or activity is None:
            return None
        session = _session(named.sid, record)
        if not secrets.compare_digest(session.secret_fingerprint, named.secret_fingerprint):
            return None
        snapshot = self.snapshot(session.account_id, since=session.account_valid_from)
        if snapshot is None:
            return None
        return ActiveSession(
            session=session, snapshot=snapshot, idle_at=datetime.fromtimestamp(activity["expires_at"], UTC)
        )

    def find_expired(self, cookie: str | None) -> Session | None:
        """The session of a cookie while its record exists, even if the session is idle or its account was revoked.

        Its applications can still be notified.
        """
        if (named := parse_session_cookie(cookie)) is None:
            return None
        session = self.by_sid(named.sid)
        if session is None or not secrets.compare_digest(session.secret_fingerprint, named.secret_fingerprint):
            return None
        return session

    def snapshot(self, account_id: str, *, since: datetime) -> AccountSnapshot | None:
        """The current state of an account, or None when it is disabled or was revoked.

        `since` is the account's `valid_from` at the login. It is not the time of the login: a change is dated before
        it is committed, and a login in between would seem to come after it.
        """
        snapshot = self._accounts.snapshot(account_id)
        if snapshot is None or snapshot.disabled or snapshot.valid_from > since:
            return None
        return snapshot

    def activity(self, session: Session) -> Put:
        """The record that the session is used now, to be written together with what it is used for."""
        return Put(kind=IdpRecord.ACTIVE, identifier=session.sid, value={}, lifetime=self._idle)

    def touch(self, session: Session) -> None:
        """Record that the session is used now."""
        self._store.put_all([self.activity(session)], while_exist=[(IdpRecord.SESSION, session.sid)])

    def participation(self, sid: str, participation: Participation) -> list[Put]:
        """The records that the session has opened an application, to be written together with the answer."""
        puts = [participation.put(sid, lifetime=self._absolute)]
        if (index := participation.detail.get("session_index")) is not None:
            name_id = participation.detail["name_id"]
            puts.append(self._named.put(sid, participation.identifier, name_id=name_id, session_index=index))
        return puts

    def participations(self, sid: str) -> list[Participation]:
        """The applications that the session has opened, the first one first."""
        fields = self._store.fields(IdpRecord.PARTICIPATION, sid)
        found = [Participation.of_field(name, value) for name, value in fields.items()]
        return sorted(found, key=lambda each: (each.first_used, each.protocol, each.identifier))

    def named_by(self, identifier: str, *, name_id: str, session_indexes: Sequence[str]) -> list[str]:
        """The sids of the sessions, active or ended, that an application names by NameID and SessionIndex.

        SAML Core section 3.7.1: without a SessionIndex, every session of that NameID is meant.
        """
        return self._named.sids(identifier, name_id=name_id, session_indexes=session_indexes)

    def by_sid(self, sid: str) -> Session | None:
        """The session of this sid while its record exists, without any check: for logout."""
        record = self._store.get(IdpRecord.SESSION, sid)
        return None if record is None else _session(sid, record)

    def of_pulled_card(self, token: bytes) -> list[Session]:
        """The sessions whose card has this presence token, while their records exist.

        A login with this card that has not opened its session yet will find that the card was pulled.
        """
        self._card_presences.note_removed(token)
        found = map(self.by_sid, self._card_presences.sids(token))
        return [session for session in found if session is not None]

    def forget_card(self, token: bytes) -> None:
        """The removal of the card with this presence token has had its effect: the token counts no more."""
        self._card_presences.forget(token)

    def note_card_removed(self, session: Session, at: datetime) -> None:
        """Record that the card of this session was pulled, also when a login renews the session at this very moment."""
        while (record := self._store.get(IdpRecord.SESSION, session.sid)) is not None:
            noted = record | {"card_removed": at.timestamp()}
            if self._store.replace(IdpRecord.SESSION, session.sid, record, noted):
                return

    def transfer_participations(self, expired: Session, into: Session) -> None:
        """End an expired session, and add its applications to the session that follows it in the same browser.

        Each application keeps the name by which it knows the expired session.
        """
        puts = [
            replace(each, detail={"sid": expired.sid, **each.detail}).put(into.sid, lifetime=self._absolute)
            for each in self.end(expired)
        ]
        if puts:
            self._store.put_all(puts, while_exist=[(IdpRecord.SESSION, into.sid)])

    def end(self, session: Session) -> list[Participation]:
        """End a session, and return the applications that it had opened. Its codes and access tokens are void.

        The session's record is deleted first: a participation is written only while it exists, so none is missed.
        """
        self._store.delete((IdpRecord.SESSION, session.sid), (IdpRecord.ACTIVE, session.sid))
        participations = self.participations(session.sid)
        self._store.delete((IdpRecord.PARTICIPATION, session.sid))
        return participations


def _record(session: Session) -> dict[str, Any]:
    return {
        "account": session.account_id,
        "factors": factor_records(session.authentication),
        "started": session.started_at.timestamp(),
        "ends": session.ends_at.timestamp(),
        "secret": session.secret_fingerprint,
        "valid_from": session.account_valid_from.timestamp(),
        "name_key": session.name_key,
        "card_removed": session.card_removed_at and session.card_removed_at.timestamp(),
    }


def _session(sid: str, record: dict[str, Any]) -> Session:
    card_removed = record.get("card_removed")
    return Session(
        sid=sid,
        account_id=record["account"],
        authentication=authentication_of(record["factors"]),
        started_at=datetime.fromtimestamp(record["started"], UTC),
        ends_at=datetime.fromtimestamp(record["ends"], UTC),
        secret_fingerprint=record["secret"],
        account_valid_from=datetime.fromtimestamp(record["valid_from"], UTC),
        name_key=record["name_key"],
        card_removed_at=None if card_removed is None else datetime.fromtimestamp(card_removed, UTC),
    )
