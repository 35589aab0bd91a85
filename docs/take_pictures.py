"""The pictures of the documentation, taken of a running demonstration: `make pictures`."""

import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent / "pictures"
FIRST_PORT = 20600


@contextmanager
def _a_demonstration():
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "idp", "demo", "--folder", folder, "--first-port", str(FIRST_PORT)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                if not any("Ctrl-C" in line for line in process.stdout):
                    sys.exit("the demonstration does not start")
                yield
            finally:
                process.terminate()


def main() -> None:
    with _a_demonstration(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 860}, locale="fr-FR")
        page.goto(f"http://127.0.0.1:{FIRST_PORT + 11}/login")
        page.wait_for_url(re.compile("/login/"))
        page.screenshot(path=FOLDER / "sign-on.png")
        browser.close()


if __name__ == "__main__":
    main()
