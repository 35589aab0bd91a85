"""How tests are shared by processes side by side (`--dist=loadfile`): a file is one process's, the longest files first.

What a module has started is thus started once, and the run does not end with one process at work on a long file while
the others have none left.
"""

from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

LONGEST_FIRST = (
    "tests/outages/test_clean_system.py",
    "tests/pages",
    "tests/outages",
    "tests/interop",
    "tests/attacks",
    "tests/journeys",
    "tests/contracts",
    "tests/idp/demo",
    "tests/config",
)
"""Files and folders, in the order of what their files take; the others follow (`make test` ends with these times)."""

TOGETHER = {
    "tests/pages/test_card_region.py": "the demonstration",
    "tests/pages/test_demonstration_cards.py": "the demonstration",
    "tests/pages/test_region_journeys.py": "the demonstration",
    "tests/pages/card_login": "the installation that offers the card",
    "tests/interop": "the installation for other people's software",
}
"""Files and folders that one process has, since they use what is started once for a process and takes long to start."""


class FilesTogether(LoadFileScheduling):
    """Gives a process whole files, and those that belong together."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        folder = file.rpartition("/")[0]
        return TOGETHER.get(file) or TOGETHER.get(folder, file)


@pytest.hookimpl(optionalhook=True)  # where pytest-xdist is switched off
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesTogether | None:
    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # by the number of tests, which says nothing of what they take
    return FilesTogether(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: rank_of(item.path.relative_to(config.rootpath)))


def rank_of(file: Path) -> int:
    """The place of a file among the longest; all the others share the last."""
    names = {str(path) for path in (file, *file.parents)}
    return next((rank for rank, name in enumerate(LONGEST_FIRST) if name in names), len(LONGEST_FIRST))
