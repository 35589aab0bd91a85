"""Every page in every state, written as HTML or photographed.

`python -m tests.pages.preview SERVICE FOLDER [--pictures]`, to be looked at. Pages go through the real shell;
Chromium sees them over a real socket, or the policy would not be the one in force.
"""

import argparse
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from tests.enrollment import page_states as enrollment_pages
from tests.idp import page_states as idp_pages

SERVICES = {"idp": idp_pages, "enrollment": enrollment_pages}
WIDTHS = {"wide": 1280, "narrow": 320}


@contextmanager
def served(service: str) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, SERVICES[service].preview_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def photograph(service: str, folder: Path, states: list[str], chromium: str | None) -> None:
    with served(service) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme, locale, (name, width) in product(("light", "dark"), ("fr", "en"), WIDTHS.items()):
            context = browser.new_context(
                color_scheme=scheme, locale=locale, viewport={"width": width, "height": 900 if width > 400 else 640}
            )
            for state in states:
                if state == "continue":
                    continue  # it has left before it can be seen; `continue-elsewhere` stays
                page = context.new_page()
                page.on("console", lambda message: print(message.text))  # noqa: T201 - a violation of the policy
                page.goto(f"{address}/page/{state}")
                page.screenshot(path=folder / f"{state}.{name}.{scheme}.{locale}.png", full_page=True)
                page.close()
            context.close()
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("states", nargs="*", default=[])
    parser.add_argument("--pictures", action="store_true")
    parser.add_argument("--chromium", help="the browser to use, when Playwright has not installed its own")
    asked = parser.parse_intermixed_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    if asked.pictures:
        photograph(asked.service, asked.folder, asked.states or list(SERVICES[asked.service].STATES), asked.chromium)
    else:
        pages = SERVICES[asked.service]
        client = pages.preview_app().test_client()
        for state in asked.states or pages.STATES:
            (asked.folder / f"{state}.html").write_bytes(client.get(f"/page/{state}").data)
