"""Sessions as SAML service providers name them: by the NameID and SessionIndex they were given.

A LogoutRequest may come from an application's server, without the person's cookie
(SAML Profiles section 4.4.4.1). So what was given out is kept as a fingerprint that
leads to the session, bound to the application it was given to, for as long as a
session may last, ended or not: whoever asks late is told that it is over.
"""

import time
from collections.abc import Sequence
from datetime import timedelta

from config.redis.store import Put, Store, fingerprint
from idp.record_kinds import IdpRecord


class NamedSessions:
    """What was given out, and the `sid` it leads to."""

    def __init__(self, store: Store, *, lifetime: timedelta) -> None:
        self._store = store
        self._lifetime = lifetime

    def put(self, sid: str, identifier: str, *, name_id: str, session_index: str) -> Put:
        """The record that the application was given these for this session."""
        return Put(
            kind=IdpRecord.SAML_SUBJECT,
            identifier=self._subject_keys(identifier, name_id)[0],
            field=sid,
            value={"index": session_index},
            lifetime=self._lifetime,
        )

    def sids(self, identifier: str, *, name_id: str, session_indexes: Sequence[str]) -> list[str]:
        """The sessions for which it was given `name_id` and, if there are any, one of `session_indexes`."""
        meant = (None, *session_indexes)  # None: written before it was kept
        given = {
            sid
            for key in self._subject_keys(identifier, name_id)
            for sid, record in self._store.fields(IdpRecord.SAML_SUBJECT, key).items()
            if not session_indexes or record.get("index") in meant
        }
        return sorted(given)

    def _subject_keys(self, identifier: str, name_id: str) -> list[str]:
        """This period's and the last one's: a person who is never long away would otherwise fill one for ever."""
        period = int(time.time() // self._lifetime.total_seconds())
        subject = fingerprint(f"{identifier}|subject|{name_id}")
        return [f"{subject}:{period}", f"{subject}:{period - 1}"]
