"""The applications a session opened, and the sessions that SAML names by what it was given."""

from datetime import UTC, datetime, timedelta

import pytest

from config.redis.store import Store
from idp.accounts.accounts import Accounts
from idp.login.methods.password import PASSWORD
from idp.record_kinds import IdpRecord
from idp.sessions.authentication import Authentication
from idp.sessions.participation import Participation
from idp.sessions.session import Session, Sessions

FOUR_HOURS = timedelta(hours=4)
NAME_ID = "f3b1a2"


class NoAccounts(Accounts):
    """Nothing here asks about accounts."""

    def __init__(self) -> None: ...


@pytest.fixture
def sessions(store: Store) -> Sessions:
    return Sessions(store, NoAccounts(), idle=timedelta(minutes=30), absolute=FOUR_HOURS)


@pytest.fixture
def session(sessions: Sessions) -> Session:
    now = datetime.now(UTC)
    authentication = Authentication((PASSWORD.achieved(now),))
    return sessions.begin("an-account", authentication, account_valid_from=now, replacing=None)[0]


def of_oidc(identifier: str, **detail: str) -> Participation:
    return Participation(identifier=identifier, protocol="oidc", first_used=datetime.now(UTC), detail=detail)


def of_saml(identifier: str, *, index: str, name_id: str = NAME_ID) -> Participation:
    detail = {"name_id": name_id, "name_id_format": "f", "sp_name_qualifier": "q", "session_index": index}
    return Participation(identifier=identifier, protocol="saml", first_used=datetime.now(UTC), detail=detail)


def written(store, sessions, session, participation):
    return store.put_all(
        sessions.participation(session.sid, participation), while_exist=[(IdpRecord.SESSION, session.sid)]
    )


def test_a_participation_survives_serialization(store, sessions, session):
    first, second = of_oidc("dcc", sub="a-subject"), of_saml("messagerie", index="i")
    assert written(store, sessions, session, first)
    assert written(store, sessions, session, second)
    assert sessions.participations(session.sid) == [first, second]


def test_an_application_with_both_protocols_has_two_participations(store, sessions, session):
    for participation in (of_oidc("dcc"), of_saml("dcc", index="i")):
        written(store, sessions, session, participation)
    assert [found.protocol for found in sessions.participations(session.sid)] == ["oidc", "saml"]


def test_ending_a_session_returns_and_deletes_its_participations(store, sessions, session):
    written(store, sessions, session, of_oidc("dcc"))
    assert [found.identifier for found in sessions.end(session)] == ["dcc"]
    assert sessions.participations(session.sid) == []
    assert sessions.by_sid(session.sid) is None
    assert not written(store, sessions, session, of_oidc("perinat"))


# --- sessions that an application names (SAML Core section 3.7.1) -------------------------


def test_a_session_is_found_by_its_name_id_and_session_index(store, sessions, session):
    written(store, sessions, session, of_saml("messagerie", index="i"))
    assert sessions.named_by("messagerie", name_id=NAME_ID, session_indexes=["i"]) == [session.sid]
    assert sessions.named_by("messagerie", name_id=NAME_ID, session_indexes=["x", "i"]) == [session.sid]
    assert sessions.named_by("messagerie", name_id=NAME_ID, session_indexes=[]) == [session.sid]


def test_a_session_is_not_found_by_other_values_or_for_another_application(store, sessions, session):
    written(store, sessions, session, of_saml("messagerie", index="i"))
    for identifier, name_id, indexes in [
        ("agenda", NAME_ID, ["i"]),
        ("agenda", NAME_ID, []),
        ("messagerie", "another", ["i"]),
        ("messagerie", NAME_ID, ["j"]),
    ]:
        assert sessions.named_by(identifier, name_id=name_id, session_indexes=indexes) == []


def test_without_a_session_index_every_session_of_the_name_id_is_found(store, sessions, session):
    other = sessions.begin(
        "an-account", session.authentication, account_valid_from=session.account_valid_from, replacing=None
    )[0]
    written(store, sessions, session, of_saml("messagerie", index="i"))
    written(store, sessions, other, of_saml("messagerie", index="j"))
    assert sessions.named_by("messagerie", name_id=NAME_ID, session_indexes=[]) == sorted([session.sid, other.sid])
    assert sessions.named_by("messagerie", name_id=NAME_ID, session_indexes=["j"]) == [other.sid]


def test_a_session_is_found_until_the_absolute_limit(store, sessions, session, clock):
    written(store, sessions, session, of_saml("messagerie", index="i"))
    clock.shift(FOUR_HOURS - timedelta(seconds=5))
    assert sessions.named_by("messagerie", name_id=NAME_ID, session_indexes=["i"]) == [session.sid]
    clock.shift(timedelta(seconds=10))
    assert sessions.named_by("messagerie", name_id=NAME_ID, session_indexes=["i"]) == []


def test_the_index_of_a_frequent_user_does_not_grow_without_limit(store, sessions, session, clock):
    """Prevents: a persistent NameID whose hash of sessions is prolonged by each login and never lapses."""
    for _ in range(12):
        again = sessions.begin(
            "an-account", session.authentication, account_valid_from=session.account_valid_from, replacing=None
        )[0]
        written(store, sessions, again, of_saml("messagerie", index=again.sid))
        clock.shift(timedelta(hours=1))
    kept = store.link.execute("KEYS", f"{IdpRecord.SAML_SUBJECT}:*", repeatable=True)
    assert max(store.link.execute("HLEN", key, repeatable=True) for key in kept) <= 4


def test_the_index_contains_only_fingerprints(store, sessions, session):
    written(store, sessions, session, of_saml("messagerie", index="an-index"))
    keys = b" ".join(store.link.execute("KEYS", "saml-*", repeatable=True))
    assert b"an-index" not in keys
    assert NAME_ID.encode() not in keys
