"""A bridge over a software card that is ready, and a person who would say yes to everything."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from card_bridge.workstation.settings import BridgeSettings
from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.personas import DOCTOR
from card_bridge.workstation.virtual.software import SoftwareReader
from tests.card_bridge.workstation.people import AnsweringPerson
from tests.card_bridge.workstation.running_bridge import ORIGIN, RunningBridge, running_bridge


@pytest.fixture(scope="module")
def credulous() -> AnsweringPerson:
    """Confirms every origin, types the PIN into every window, and remembers each."""
    return AnsweringPerson()


@pytest.fixture(scope="module")
def allowed_origins() -> tuple[str, ...]:
    return (ORIGIN,)


@pytest.fixture(scope="module")
def bridge(
    tmp_path_factory: pytest.TempPathFactory,
    authority: Authority,
    credulous: AnsweringPerson,
    allowed_origins: tuple[str, ...],
) -> Iterator[RunningBridge]:
    reader = SoftwareReader()
    reader.insert(make_card(DOCTOR, authority))
    folder: Path = tmp_path_factory.mktemp("bridge")
    settings = BridgeSettings(origins=allowed_origins, development=True)
    with running_bridge(folder, reader, credulous, settings=settings) as running:
        yield running
