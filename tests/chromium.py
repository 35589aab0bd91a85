"""Debian's Chromium, without a window unless a test asks for one."""

import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Playwright, expect

from tests.processes import PATIENCE

PATIENCE_MS = 1_000 * PATIENCE
expect.set_options(timeout=PATIENCE_MS)

_MOST = 4_000  # characters


@contextmanager
def running_chromium(
    playwright: Playwright, *arguments: str, program: str | None = None, headless: bool = True
) -> Iterator[Browser]:
    """A Chromium started with these arguments, or by `program`.

    Raises:
        AssertionError: it ended by itself; with what it wrote.
    """
    program = program or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "these tests need Debian's package chromium"
    unconfined = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "log"
        browser = playwright.chromium.launch(
            executable_path=_logged(program, log), args=[*unconfined, *arguments], headless=headless
        )
        try:
            yield browser
        finally:
            ended = not browser.is_connected()
            browser.close()
            assert not ended, f"Chromium ended by itself. It wrote:\n{_last_words(log)}"


def _logged(program: str, log: Path) -> Path:
    """A program that starts this one, and adds what it writes to the log."""
    started = log.with_name("chromium")
    started.write_text(f'#!/bin/sh\nexec {shlex.quote(program)} "$@" 2>>{shlex.quote(str(log))}\n')
    started.chmod(0o755)
    return started


def _last_words(log: Path) -> str:
    """What it wrote at the end, but for its complaints that this machine has no D-Bus."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if "dbus/" not in line)[-_MOST:]
