"""One installation for other people's software, which registers beside each other and all know Jeanne."""

from collections.abc import Iterator

import pytest

from tests.installation import Installation, an_installation
from tests.interop.plain_browser import JEANNE

PATIENCE = "30 s"  # a machine that is busy with other tests may need them


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with an_installation(tmp_path_factory.mktemp("interop"), samples=False, logout_wait=PATIENCE) as running:
        running.create(JEANNE, entitled_to=())
        yield running
