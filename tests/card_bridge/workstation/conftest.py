"""A software card in a software reader, and a bridge over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.personas import DOCTOR
from card_bridge.workstation.virtual.software import SoftwareReader
from tests.card_bridge.workstation.people import AnsweringPerson
from tests.card_bridge.workstation.running_bridge import RunningBridge, running_bridge


@pytest.fixture
def reader(authority: Authority) -> SoftwareReader:
    """A reader that holds the card of the doctor."""
    reader = SoftwareReader()
    reader.insert(make_card(DOCTOR, authority))
    return reader


@pytest.fixture
def person() -> AnsweringPerson:
    """Who sits at the computer."""
    return AnsweringPerson()


@pytest.fixture
def bridge(tmp_path: Path, reader: SoftwareReader, person: AnsweringPerson) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path, reader, person) as running:
        yield running
