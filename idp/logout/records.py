"""Logouts that are going on, in Redis: each under a random identifier that is bound to one browser.

A logout has one record of its own, and one part for each application that the
session had opened: parts change side by side, some by jobs, some by the browser.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from config.redis.store import Put, Store, fingerprint
from idp.logout.logout_request import RefusedReturn, ReturnPolicy, ReturnTo
from idp.logout.protocol import Outcome
from idp.record_kinds import IdpRecord
from idp.sessions.session import Participation
from idp.sessions.session_cookie import parse_session_cookie

KEPT_FOR = timedelta(minutes=30)
ANSWERED_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutTarget:
    """An application of the session that ended, and what is known of it."""

    number: str
    sid: str
    participation: Participation
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout:
    """A logout that is going on. `identifier` is its address, and is known to one browser only.

    `ended` are the sessions, each sid with its secret's fingerprint; `here` is the one that was this
    browser's. An application may end others of the same person: what they had opened is not shown
    here, nor is this browser sent there.
    """

    identifier: str = field(repr=False)
    ended: Mapping[str, str] = field(default_factory=dict, repr=False)
    here: str = ""
    asked_by: str | None
    back: ReturnTo | None
    refused_return: RefusedReturn | None = None
    languages: tuple[str, ...] = ()
    browser: str = ""
    answered: bool = False
    expires_at: float = 0.0
    parts: tuple[LogoutTarget, ...] = ()

    @property
    def path(self) -> str:
        return f"/logout/{self.identifier}"

    def belongs_to(self, browser: str) -> bool:
        return bool(self.browser) and secrets.compare_digest(self.browser, fingerprint(browser))

    @property
    def parts_here(self) -> tuple[LogoutTarget, ...]:
        return tuple(part for part in self.parts if part.sid == self.here)

    def next_with(self, outcome: Outcome) -> LogoutTarget | None:
        return next((part for part in self.parts if part.outcome is outcome), None)


def new_identifier() -> str:
    return secrets.token_urlsafe(24)


class Logouts:
    """The logouts that are going on."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, logout: Logout) -> None:
        """Write a logout and its parts."""
        key = fingerprint(logout.identifier)
        record = Put(kind=IdpRecord.LOGOUT, identifier=key, value=_record(logout), lifetime=KEPT_FOR)
        self._store.put_all([record, *(_part_put(key, part) for part in logout.parts)])

    def find(self, identifier: str) -> Logout | None:
        key = fingerprint(identifier)
        record = self._store.get(IdpRecord.LOGOUT, key)
        return None if record is None else replace(_logout(identifier, record), parts=self.parts(identifier))

    def parts(self, identifier: str) -> tuple[LogoutTarget, ...]:
        """Its parts as they are now, the application that was opened first first."""
        fields = self._store.fields(IdpRecord.LOGOUT_PART, fingerprint(identifier))
        return tuple(_part(number, fields[number]) for number in sorted(fields, key=int))

    def again(self, logout: Logout) -> Logout:
        """The same, with its parts as they are now."""
        return replace(logout, parts=self.parts(logout.identifier))

    def claim(self, logout: Logout, browser: str, cookie: str | None) -> bool:
        """Bind it to the browser that opens it first, with the session that was its own; False when another did."""
        named = parse_session_cookie(cookie)
        is_here = named is not None and logout.ended.get(named.sid) == named.secret_fingerprint
        here = named.sid if named is not None and is_here else ""
        return self._become(logout, replace(logout, browser=fingerprint(browser), here=here))

    def answer(self, logout: Logout) -> bool:
        """Whether this call is the one that answers who asked for the logout."""
        return self._become(logout, replace(logout, answered=True))

    def _become(self, logout: Logout, changed: Logout) -> bool:
        old = _record(logout) | {"expires_at": logout.expires_at}
        return self._store.replace(IdpRecord.LOGOUT, fingerprint(logout.identifier), old, _record(changed))

    def become(self, key: str, part: LogoutTarget, outcome: Outcome) -> None:
        """Say what is known of a part by now. `key` is the fingerprint of the logout's identifier."""
        put = _part_put(key, replace(part, outcome=outcome))
        self._store.put_all([put], while_exist=[(IdpRecord.LOGOUT, key)])

    # --- the answers that are waited for ---------------------------------------------------

    def await_answer(self, message_id: str, logout: Logout, part: LogoutTarget) -> None:
        """Remember which part a message asked, until its answer comes."""
        value = {"logout": logout.identifier, "part": part.number, "identifier": part.participation.identifier}
        self._store.put(IdpRecord.LOGOUT_ASKED, fingerprint(message_id), value, lifetime=ANSWERED_WITHIN)

    def answered(self, message_id: str, *, by: str) -> tuple[Logout, LogoutTarget] | None:
        """The part that the application `by` answers with this message, once."""
        name = (IdpRecord.LOGOUT_ASKED, fingerprint(message_id))
        waiting = self._store.get(*name)
        if waiting is None or waiting["identifier"] != by or self._store.take(*name) is None:
            return None
        logout = self.find(waiting["logout"])
        part = next((part for part in logout.parts if part.number == waiting["part"]), None) if logout else None
        return (logout, part) if logout and part else None


def participation_record(participation: Participation) -> dict[str, Any]:
    return {
        "identifier": participation.identifier,
        "protocol": participation.protocol,
        "first_used": participation.first_used.timestamp(),
        "detail": dict(participation.detail),
    }


def participation_of(record: Mapping[str, Any]) -> Participation:
    return Participation(
        identifier=record["identifier"],
        protocol=record["protocol"],
        first_used=datetime.fromtimestamp(record["first_used"], UTC),
        detail=record["detail"],
    )


def numbered(participations: Sequence[tuple[str, Participation, Outcome]]) -> tuple[LogoutTarget, ...]:
    """A part for each application that one of the sessions (by sid) had opened."""
    return tuple(
        LogoutTarget(number=str(number), sid=sid, participation=participation, outcome=outcome)
        for number, (sid, participation, outcome) in enumerate(participations)
    )


def _part_put(key: str, part: LogoutTarget) -> Put:
    value = participation_record(part.participation) | {"sid": part.sid, "outcome": part.outcome.value}
    return Put(kind=IdpRecord.LOGOUT_PART, identifier=key, field=part.number, value=value, lifetime=KEPT_FOR)


def _part(number: str, record: Mapping[str, Any]) -> LogoutTarget:
    return LogoutTarget(
        number=number, sid=record["sid"], participation=participation_of(record), outcome=Outcome(record["outcome"])
    )


def _record(logout: Logout) -> dict[str, Any]:
    return {
        "ended": dict(logout.ended),
        "here": logout.here,
        "asked_by": logout.asked_by,
        "back": asdict(logout.back) if logout.back else None,
        "languages": list(logout.languages),
        "browser": logout.browser,
        "answered": logout.answered,
    } | ({"refused_return": asdict(logout.refused_return)} if logout.refused_return else {})


def _logout(identifier: str, record: Mapping[str, Any]) -> Logout:
    back = record["back"]
    return Logout(
        identifier=identifier,
        ended=record["ended"],
        here=record["here"],
        asked_by=record["asked_by"],
        back=ReturnTo(**(back | {"going": ReturnPolicy(back["going"])})) if back else None,
        refused_return=RefusedReturn(**record["refused_return"]) if "refused_return" in record else None,
        languages=tuple(record["languages"]),
        browser=record["browser"],
        answered=record["answered"],
        expires_at=record["expires_at"],
    )
