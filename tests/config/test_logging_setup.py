"""What the journal of a service has besides its own lines (config/logging_setup.py)."""

import subprocess
import sys

import pytest

STARTS = """
import logging
from config.logging_setup import NO_RULES, write_journal
write_journal("INFO", NO_RULES)
import config.sql.migrations
logging.getLogger("alembic.runtime.migration").info("Running upgrade")
"""


@pytest.mark.slow
def test_a_start_does_not_list_the_parts_of_a_library():
    """An operator who looks for the reason of a failed start finds it in the last line."""
    started = subprocess.run([sys.executable, "-c", STARTS], capture_output=True, text=True, check=True)
    [line] = started.stderr.splitlines()
    assert "Running upgrade" in line
