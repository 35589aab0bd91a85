"""What is remembered until a number moves (config/sql/versioned_cache.py); two nodes are two Databases on one file."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

import config.sql.versioned_cache
from config.sql.database import Database
from config.sql.declarative import SharedBase
from config.sql.versioned_cache import KEPT_CHANGES, Revision, RevisionChange, Revisions, VersionedCache, bump, its_key


@pytest.fixture
def address(tmp_path):
    return f"sqlite:///{tmp_path / 'one.sqlite'}"


@pytest.fixture
def writer(address):
    database = Database.at(address)
    SharedBase.metadata.create_all(database.engine, tables=[Revision.__table__, RevisionChange.__table__])
    yield database
    database.close()


@pytest.fixture
def node(address, writer):
    database = Database.at(address)
    yield database
    database.close()


class Shelf:
    """Something slow to read, that counts how often it is."""

    def __init__(self, **things):
        self.things = things
        self.loads = []

    def load(self, key):
        self.loads.append(key)
        return self.things.get(key)


def changes(writer, name, *concerned):
    with writer.transaction() as session:
        bump(session, name, *concerned)


class Clock:
    now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(config.sql.versioned_cache.time, "monotonic", clock.monotonic)
    return clock


def test_a_change_on_another_node_is_seen_within_a_second(writer, node, clock):
    shelf = Shelf(dcc="before")
    revisions = Revisions(node)
    config.sql.versioned_cache._OF_THIS_PROCESS.discard(revisions)  # as in another process: only the table tells
    remembered = VersionedCache(revisions, "registry", shelf.load, size=10)
    assert remembered.get("dcc") == "before"
    shelf.things["dcc"] = "after"
    changes(writer, "registry")
    clock.now += 0.9
    assert remembered.get("dcc") == "after"


def test_the_revision_is_not_read_again_within_half_a_second(writer, node, clock):
    shelf = Shelf(dcc="here")
    revisions = Revisions(node)
    remembered = VersionedCache(revisions, "registry", shelf.load, size=10)
    for _ in range(5):
        remembered.get("dcc")
    assert shelf.loads == ["dcc"]


def test_a_fresh_read_reads_the_revision_again(writer, node, clock):
    shelf = Shelf(jeanne="must change")
    revisions = Revisions(node)
    config.sql.versioned_cache._OF_THIS_PROCESS.discard(revisions)
    remembered = VersionedCache(revisions, "accounts", shelf.load, size=10)
    remembered.get("jeanne")
    shelf.things["jeanne"] = "changed"
    clock.now += 0.1
    changes(writer, "accounts")
    assert remembered.get("jeanne") == "must change"
    assert remembered.get("jeanne", fresh=True) == "changed"


def test_a_change_of_another_name_drops_no_entry(writer, node):
    shelf = Shelf(dcc="here")
    remembered = VersionedCache(Revisions(node), "registry", shelf.load, size=10)
    remembered.get("dcc")
    changes(writer, "accounts")
    remembered.get("dcc")
    assert shelf.loads == ["dcc"]


def test_unknown_keys_do_not_fill_the_cache(node):
    remembered = VersionedCache(Revisions(node), "registry", Shelf().load, size=10_000)
    for number in range(1000):
        assert remembered.get(f"unknown-{number}") is None
    assert len(remembered) == 0


def test_only_the_most_recently_used_entries_are_kept(node):
    shelf = Shelf(a=1, b=2, c=3)
    remembered = VersionedCache(Revisions(node), "registry", shelf.load, size=2)
    for key in ("a", "b", "a", "c"):
        remembered.get(key)
    assert len(remembered) == 2
    shelf.loads.clear()
    remembered.get("a")
    assert shelf.loads == []


def test_a_value_read_before_a_change_is_not_cached_after_it(writer, node):
    shelf = Shelf(dcc="before")
    revisions = Revisions(node)
    remembered = None

    def load_while_it_changes(key):
        value = shelf.load(key)
        if value == "before":
            shelf.things["dcc"] = "after"
            changes(writer, "registry")
            remembered.get("another")
        return value

    remembered = VersionedCache(revisions, "registry", load_while_it_changes, size=10)
    assert remembered.get("dcc") == "before"
    assert remembered.get("dcc") == "after"


def test_many_threads_agree(writer, node):
    shelf = Shelf(**{f"k{number}": number for number in range(20)})
    remembered = VersionedCache(Revisions(node, checked_every=timedelta(0)), "registry", shelf.load, size=5)

    def ask(number):
        if number % 50 == 0:
            changes(writer, "registry")
        return remembered.get(f"k{number % 20}") == number % 20

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, range(300)))
    assert len(remembered) <= 5


# --- what a change concerns --------------------------------------------------------------------


@pytest.fixture
def revisions(node):
    """As in another process than the writer's, and asked at each question."""
    revisions = Revisions(node, checked_every=timedelta(0))
    config.sql.versioned_cache._OF_THIS_PROCESS.discard(revisions)
    return revisions


def loaded_again(remembered, shelf):
    shelf.loads.clear()
    for key in shelf.things:
        remembered.get(key)
    return shelf.loads


@pytest.fixture
def shelf():
    return Shelf(jeanne=1, paul=2, zoe=3)


@pytest.fixture
def remembered(revisions, shelf):
    remembered = VersionedCache(revisions, "accounts", shelf.load, size=10, concerned_as=its_key)
    loaded_again(remembered, shelf)
    return remembered


def test_a_change_drops_only_the_entries_it_names(writer, remembered, shelf):
    changes(writer, "accounts", "jeanne")
    changes(writer, "accounts", "zoe", "unknown")
    assert loaded_again(remembered, shelf) == ["jeanne", "zoe"]
    assert loaded_again(remembered, shelf) == []


def test_an_entry_can_have_another_tag_than_its_key(writer, revisions):
    shelf = Shelf(**{"https://a": "application-a", "https://b": "application-b"})
    remembered = VersionedCache(revisions, "registry", shelf.load, size=10, concerned_as=lambda _, found: found)
    loaded_again(remembered, shelf)
    changes(writer, "registry", "application-a")
    assert loaded_again(remembered, shelf) == ["https://a"]


def test_a_change_without_names_drops_all_entries(writer, remembered, shelf):
    """As one does that an older node has written."""
    changes(writer, "accounts", "jeanne")
    changes(writer, "accounts")
    changes(writer, "accounts", "paul")
    assert len(loaded_again(remembered, shelf)) == 3


def test_a_change_with_too_many_names_drops_all_entries(writer, remembered, shelf):
    changes(writer, "accounts", *(f"n{number}" for number in range(config.sql.versioned_cache.MOST_CONCERNED + 1)))
    assert len(loaded_again(remembered, shelf)) == 3


def test_a_value_cached_as_a_whole_is_dropped_by_any_change(writer, revisions, shelf):
    remembered = VersionedCache(revisions, "accounts", shelf.load, size=10)
    loaded_again(remembered, shelf)
    changes(writer, "accounts", "jeanne")
    assert len(loaded_again(remembered, shelf)) == 3


def test_a_cache_that_missed_too_many_changes_is_emptied_and_the_log_stays_short(
    writer, remembered, shelf, monkeypatch
):
    monkeypatch.setattr(config.sql.versioned_cache, "KEPT_CHANGES", 20)
    monkeypatch.setattr(config.sql.versioned_cache, "_PRUNED_EVERY", 10)
    for _ in range(45):
        changes(writer, "accounts", "somebody else")
    assert len(loaded_again(remembered, shelf)) == 3
    with writer.reading() as connection:
        assert len(connection.execute(RevisionChange.__table__.select()).all()) <= 30
    changes(writer, "accounts", "paul")
    assert loaded_again(remembered, shelf) == ["paul"]
    assert KEPT_CHANGES == 1_000


def test_a_smaller_revision_drops_all_entries(writer, remembered, shelf):
    """A backup was restored."""
    for _ in range(3):
        changes(writer, "accounts", "jeanne")
    loaded_again(remembered, shelf)
    writer.write("UPDATE revision SET number = 1", ())
    assert len(loaded_again(remembered, shelf)) == 3
    writer.write("DELETE FROM revision_change WHERE number > 1", ())
    changes(writer, "accounts", "paul")
    assert loaded_again(remembered, shelf) == ["paul"]
