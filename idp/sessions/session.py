"""The single sign-on session and its participations, in Redis.

The cookie holds `<sid>.<secret>`; the record, found by `sid`, keeps only the
secret's fingerprint, and a login renews the secret. Applications are not told
this `sid`: each knows the session by a name of its own (`Session.known_as`), so that
two of them cannot tell by it that they serve the same person. A session counts
while three things hold: its record (the absolute limit), its activity (the idle
limit), and an account still valid since it was opened.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from config.redis.store import Put, Store, fingerprint
from idp.accounts.accounts import Accounts, AccountSnapshot
from idp.record_kinds import IdpRecord
from idp.sessions.authentication import Authentication, Factor, FactorKind, FactorType
from idp.sessions.saml_session_index import NamedSessions
from idp.sessions.session_cookie import parse_session_cookie
from relying_parties.policy import AssuranceLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One person, in one browser, from a login to a logout."""

    sid: str
    account_id: str
    authentication: Authentication
    started_at: datetime
    ends_at: datetime
    secret_fingerprint: str
    account_valid_from: datetime  # as it was when the person was verified: a later one voids the session
    name_key: str = field(default="", repr=False)  # random; empty in a session begun before there was one

    def known_as(self, identifier: str) -> str:
        """The name of this session that the application `identifier` is told, and no other is.

        OpenID Connect Back-Channel Logout 1.0 section 2.1 calls it `sid`: the same as long as the session lasts.
        A session begun before applications had names of their own keeps the one that they all know.
        """
        if not self.name_key:
            return self.sid
        digest = hmac.digest(self.name_key.encode("ascii"), identifier.encode("utf-8"), "sha256")
        return urlsafe_b64encode(digest[:18]).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """An application that this session opened, to be told when it ends.

    `detail` is what its protocol needs to tell it: for `oidc` the `sub` and the `sid` it
    was given (without a `sid`, it was the session's own); for `saml` `name_id`,
    `name_id_format`, `sp_name_qualifier` and `session_index`, by which it may also
    name the session to us.
    """

    identifier: str
    protocol: str
    first_used: datetime
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSession:
    """A session found by its cookie, with the account as it stands now."""

    session: Session
    snapshot: AccountSnapshot
    idle_at: datetime


class Sessions:
    """The sessions that are open."""

    def __init__(self, store: Store, accounts: Accounts, *, idle: timedelta, absolute: timedelta) -> None:
        self._store = store
        self._accounts = accounts
        self._idle = idle
        self._absolute = absolute
        self._named = NamedSessions(store, lifetime=absolute)

    def begin(
        self,
        account_id: str,
        authentication: Authentication,
        *,
        account_valid_from: datetime,
        replacing: Session | None,
        max_lifetime: timedelta | None = None,
    ) -> tuple[Session, str]:
        """Open a session and return it with the value of its cookie, which is always new.

        When the person of `replacing` has authenticated again, the session keeps its `sid`, so that applications opened
        earlier are still logged out with it. A session of another person ends. `max_lifetime` shortens the absolute
        limit.
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
        self._store.put_all(
            [
                Put(kind=IdpRecord.SESSION, identifier=session.sid, value=_record(session), lifetime=remaining),
                self.activity(session),
            ]
        )
        return session, f"{session.sid}.{secret}"

    def find(self, cookie: str | None) -> ActiveSession | None:
        """The open session this cookie is for, or None: unknown, idle too long, too old, or its account changed."""
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
        """The session this cookie was for, once it no longer counts: idle too long, or its account changed.

        Its applications can still be told that it is over.
        """
        if (named := parse_session_cookie(cookie)) is None:
            return None
        session = self.by_sid(named.sid)
        if session is None or not secrets.compare_digest(session.secret_fingerprint, named.secret_fingerprint):
            return None
        return session

    def snapshot(self, account_id: str, *, since: datetime) -> AccountSnapshot | None:
        """The account as it stands, or None when it is disabled or was revoked after it was valid from `since`.

        `since` is what the account said when the person was verified, and not the time: a change
        is dated before it is committed, and a login in between would seem to come after it.
        """
        snapshot = self._accounts.snapshot(account_id)
        if snapshot is None or snapshot.disabled or snapshot.valid_from > since:
            return None
        return snapshot

    def activity(self, session: Session) -> Put:
        """The record that the session was used just now, to be written with what it was used for."""
        return Put(kind=IdpRecord.ACTIVE, identifier=session.sid, value={}, lifetime=self._idle)

    def touch(self, session: Session) -> None:
        """Say that the session was used just now."""
        self._store.put_all([self.activity(session)], while_exist=[(IdpRecord.SESSION, session.sid)])

    def participation(self, sid: str, participation: Participation) -> list[Put]:
        """The records that this session opened an application, to be written with what it was answered."""
        puts = [
            Put(
                kind=IdpRecord.PARTICIPATION,
                identifier=sid,
                field=f"{participation.protocol}:{participation.identifier}",
                value={"first_used": participation.first_used.timestamp(), "detail": dict(participation.detail)},
                lifetime=self._absolute,
            )
        ]
        if (index := participation.detail.get("session_index")) is not None:
            name_id = participation.detail["name_id"]
            puts.append(self._named.put(sid, participation.identifier, name_id=name_id, session_index=index))
        return puts

    def participations(self, sid: str) -> list[Participation]:
        """The applications this session opened, the first one first."""
        fields = self._store.fields(IdpRecord.PARTICIPATION, sid)
        found = {}
        for name, value in fields.items():
            protocol, _, identifier = name.rpartition(":")  # without a protocol: written before there were two
            participation = Participation(
                identifier=identifier,
                protocol=protocol or "oidc",
                first_used=datetime.fromtimestamp(value["first_used"], UTC),
                detail=value.get("detail", {}),
            )
            key = (participation.protocol, identifier)
            if protocol or key not in found:
                found[key] = participation
        return sorted(found.values(), key=lambda each: (each.first_used, each.protocol, each.identifier))

    def named_by(self, identifier: str, *, name_id: str, session_indexes: Sequence[str]) -> list[str]:
        """The sids of the sessions, open or over, that an application names by what we gave it for them.

        SAML Core section 3.7.1: without a SessionIndex every session of that NameID is meant.
        """
        return self._named.sids(identifier, name_id=name_id, session_indexes=session_indexes)

    def by_sid(self, sid: str) -> Session | None:
        """The session of this sid while its record lasts, whoever asks: for those who end it."""
        record = self._store.get(IdpRecord.SESSION, sid)
        return None if record is None else _session(sid, record)

    def transfer_participations(self, over: Session, into: Session) -> None:
        """What a lapsed session had opened is closed with the one that follows it in the same browser.

        The application knows it by the name it was given then, which is kept with it.
        """
        puts = [
            Put(
                kind=IdpRecord.PARTICIPATION,
                identifier=into.sid,
                field=f"{participation.protocol}:{participation.identifier}",
                value={
                    "first_used": participation.first_used.timestamp(),
                    "detail": {"sid": over.sid, **participation.detail},
                },
                lifetime=self._absolute,
            )
            for participation in self.end(over)
        ]
        if puts:
            self._store.put_all(puts, while_exist=[(IdpRecord.SESSION, into.sid)])

    def end(self, session: Session) -> list[Participation]:
        """End it, and give the applications it had opened: its codes and access tokens stop working with it.

        The session goes first: no participation is written for one that is gone, so that none is missed.
        """
        self._store.delete((IdpRecord.SESSION, session.sid), (IdpRecord.ACTIVE, session.sid))
        participations = self.participations(session.sid)
        self._store.delete((IdpRecord.PARTICIPATION, session.sid))
        return participations


def _record(session: Session) -> dict[str, Any]:
    authentication = session.authentication
    return {
        "account": session.account_id,
        "factors": [_factor_record(factor) for factor in authentication.factors],
        # nodes of the previous version read these four
        "assurance": authentication.assurance.value,
        "methods": list(authentication.amr),
        "at": authentication.at.timestamp(),
        "flow_id": authentication.factors[-1].flow_id,
        "started": session.started_at.timestamp(),
        "ends": session.ends_at.timestamp(),
        "secret": session.secret_fingerprint,
        "valid_from": session.account_valid_from.timestamp(),
        "name_key": session.name_key,
    }


def _session(sid: str, record: dict[str, Any]) -> Session:
    factors = record.get("factors")
    return Session(
        sid=sid,
        account_id=record["account"],
        authentication=Authentication(
            (_factor_without_name(record),) if factors is None else tuple(_factor(each) for each in factors)
        ),
        started_at=datetime.fromtimestamp(record["started"], UTC),
        ends_at=datetime.fromtimestamp(record["ends"], UTC),
        secret_fingerprint=record["secret"],
        account_valid_from=datetime.fromtimestamp(record["valid_from"], UTC),
        name_key=record.get("name_key", ""),
    )


def _factor_record(factor: Factor) -> dict[str, Any]:
    return {
        "method": factor.type.method,
        "kind": factor.type.kind,
        "alone": factor.type.alone,
        "amr": list(factor.type.amr),
        "at": factor.at.timestamp(),
        "flow_id": factor.flow_id,
    }


def _factor(record: dict[str, Any]) -> Factor:
    alone = record["alone"]
    return Factor(
        type=FactorType(
            method=record["method"],
            kind=FactorKind(record["kind"]),
            alone=None if alone is None else AssuranceLevel(alone),
            amr=tuple(record["amr"]),
        ),
        at=datetime.fromtimestamp(record["at"], UTC),
        flow_id=record["flow_id"],
    )


def _factor_without_name(record: dict[str, Any]) -> Factor:
    """The factor of a session begun by a version that knew one method, and named it by the assurance it reached."""
    level = AssuranceLevel(record["assurance"])
    return Factor(
        type=FactorType(method=level.value, kind=FactorKind.KNOWLEDGE, alone=level, amr=tuple(record["methods"])),
        at=datetime.fromtimestamp(record["at"], UTC),
        flow_id=record.get("flow_id", ""),
    )
