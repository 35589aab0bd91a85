"""Debian's Chromium, without a window unless a test asks for one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright


@contextmanager
def running_chromium(
    playwright: Playwright, *arguments: str, program: str | None = None, headless: bool = True
) -> Iterator[Browser]:
    """A Chromium started with these arguments, or by `program`."""
    program = program or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "these tests need Debian's package chromium"
    unconfined = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
    browser = playwright.chromium.launch(executable_path=program, args=[*unconfined, *arguments], headless=headless)
    yield browser
    browser.close()
