"""What is remembered until a number moves (config/revisions.py); two nodes are two Databases on one file."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

import config.revisions
from config.database import Base, Database
from config.revisions import Remembered, Revision, Revisions, advance


@pytest.fixture
def address(tmp_path):
    return f"sqlite:///{tmp_path / 'one.sqlite'}"


@pytest.fixture
def writer(address):
    database = Database.at(address)
    Base.metadata.create_all(database.engine, tables=[Revision.__table__])
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


def changes(writer, name):
    with writer.transaction() as session:
        advance(session, name)


class Clock:
    now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(config.revisions.time, "monotonic", clock.monotonic)
    return clock


def test_a_change_on_another_node_is_seen_within_a_second(writer, node, clock):
    shelf = Shelf(dcc="before")
    revisions = Revisions(node)
    config.revisions._OF_THIS_PROCESS.discard(revisions)  # as in another process: only the table tells
    remembered = Remembered(revisions, "registry", shelf.load, size=10)
    assert remembered.get("dcc") == "before"
    shelf.things["dcc"] = "after"
    changes(writer, "registry")
    clock.now += 0.9
    assert remembered.get("dcc") == "after"


def test_within_the_half_second_nothing_is_read(writer, node, clock):
    shelf = Shelf(dcc="here")
    revisions = Revisions(node)
    remembered = Remembered(revisions, "registry", shelf.load, size=10)
    for _ in range(5):
        remembered.get("dcc")
    assert shelf.loads == ["dcc"]


def test_what_must_be_fresh_is_read_now(writer, node, clock):
    shelf = Shelf(jeanne="must change")
    revisions = Revisions(node)
    config.revisions._OF_THIS_PROCESS.discard(revisions)
    remembered = Remembered(revisions, "accounts", shelf.load, size=10)
    remembered.get("jeanne")
    shelf.things["jeanne"] = "changed"
    clock.now += 0.1
    changes(writer, "accounts")
    assert remembered.get("jeanne") == "must change"
    assert remembered.get("jeanne", fresh=True) == "changed"


def test_a_change_of_another_name_forgets_nothing(writer, node):
    shelf = Shelf(dcc="here")
    remembered = Remembered(Revisions(node), "registry", shelf.load, size=10)
    remembered.get("dcc")
    changes(writer, "accounts")
    remembered.get("dcc")
    assert shelf.loads == ["dcc"]


def test_a_thousand_unknown_keys_fill_nothing(node):
    remembered = Remembered(Revisions(node), "registry", Shelf().load, size=10_000)
    for number in range(1000):
        assert remembered.get(f"unknown-{number}") is None
    assert len(remembered) == 0


def test_only_the_last_asked_for_are_kept(node):
    shelf = Shelf(a=1, b=2, c=3)
    remembered = Remembered(Revisions(node), "registry", shelf.load, size=2)
    for key in ("a", "b", "a", "c"):
        remembered.get(key)
    assert len(remembered) == 2
    shelf.loads.clear()
    remembered.get("a")
    assert shelf.loads == []


def test_what_was_read_before_a_change_is_not_kept_after_it(writer, node):
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

    remembered = Remembered(revisions, "registry", load_while_it_changes, size=10)
    assert remembered.get("dcc") == "before"
    assert remembered.get("dcc") == "after"


def test_many_threads_agree(writer, node):
    shelf = Shelf(**{f"k{number}": number for number in range(20)})
    remembered = Remembered(Revisions(node, checked_every=timedelta(0)), "registry", shelf.load, size=5)

    def ask(number):
        if number % 50 == 0:
            changes(writer, "registry")
        return remembered.get(f"k{number % 20}") == number % 20

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, range(300)))
    assert len(remembered) <= 5
