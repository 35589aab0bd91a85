"""An index from the NameID and SessionIndex that a SAML service provider was given to the session.

A LogoutRequest may come from an application's server, without the person's cookie (SAML Profiles section 4.4.4.1).
The index has a fingerprint of the NameID, bound to the application that received it. An entry lasts as long as a
session may last, even when the session has ended, so that a late request can be told that the session is over.
"""

import time
from collections.abc import Sequence
from datetime import timedelta

from config.redis.store import Put, Store, fingerprint
from idp.record_kinds import IdpRecord


class NamedSessions:
    """Writes and reads the index."""

    def __init__(self, store: Store, *, lifetime: timedelta) -> None:
        self._store = store
        self._lifetime = lifetime

    def put(self, sid: str, identifier: str, *, name_id: str, session_index: str) -> Put:
        """The entry for a NameID and a SessionIndex that the application received for this session."""
        return Put(
            kind=IdpRecord.SAML_SUBJECT,
            identifier=self._subject_keys(identifier, name_id)[0],
            field=sid,
            value={"index": session_index},
            lifetime=self._lifetime,
        )

    def sids(self, identifier: str, *, name_id: str, session_indexes: Sequence[str]) -> list[str]:
        """The sids for which the application received `name_id` and, if any is given, one of `session_indexes`."""
        found = {
            sid
            for key in self._subject_keys(identifier, name_id)
            for sid, record in self._store.fields(IdpRecord.SAML_SUBJECT, key).items()
            if not session_indexes or record["index"] in session_indexes
        }
        return sorted(found)

    def _subject_keys(self, identifier: str, name_id: str) -> list[str]:
        """The keys of the current period and of the previous one, so that the entries of a person expire."""
        period = int(time.time() // self._lifetime.total_seconds())
        subject = fingerprint(f"{identifier}|subject|{name_id}")
        return [f"{subject}:{period}", f"{subject}:{period - 1}"]
