from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent

Compare = Callable[[str, str], None]


@pytest.fixture
def is_golden(request: pytest.FixtureRequest) -> Compare:
    """Compare with the file of that name, or write it."""

    def compare(name: str, content: str) -> None:
        file = HERE / name
        if request.config.getoption("rewrite_golden"):
            file.write_text(content, encoding="utf-8")
        assert content == file.read_text(encoding="utf-8"), "if it is meant: make golden"

    return compare
