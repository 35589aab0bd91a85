"""The files and folders that tests/sharing.py names are there: of a name that leads nowhere nobody would know."""

import pytest

from tests.installation import TREE
from tests.sharing import LONGEST_FIRST, TOGETHER


@pytest.mark.parametrize("name", [*LONGEST_FIRST, *TOGETHER])
def test_what_is_named_is_there(name):
    assert (TREE / name).exists()
