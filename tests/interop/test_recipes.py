"""The recipes of docs/connect-an-application.md log a person in and out, as they stand on the page."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests.installation import Installation, wait_until
from tests.interop.apache import MODULES, a_folder, an_apache
from tests.interop.node import NODE, packages
from tests.interop.plain_browser import JEANNE, PlainBrowser
from tests.interop.recipes import definitions, recipe, recipes
from tests.ports import free_port, is_free
from tests.processes import until_ready

pytestmark = pytest.mark.interop

SESSION_KEY = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """An application made of a recipe, where it is, and what it wants to know."""

    name: str
    home_url: str
    values: dict[str, str] = field(repr=False)


def registered(installation: Installation, name: str, *, callback: str = "/callback", backchannel: str = "") -> Recipe:
    """Registered as the page says, with no more than it asks for."""
    home_url = f"http://127.0.0.1:{free_port()}"
    secret = installation.register(
        f"""
        name = "{name}"
        home_url = "{home_url}/"
        attributes = ["given_name", "family_name", "email"]
        lowest_assurance = "password"
        entry = "everyone"
        display_name = {{ fr = "Une application" }}

        [oidc]
        redirect_uris = ["{home_url}{callback}"]
        post_logout_redirect_uris = ["{home_url}/", "{home_url}/signed-out.html"]
        {f'backchannel_logout_uri = "{home_url}{backchannel}"' if backchannel else ""}
        """,
        client_id=name,
    )
    assert secret
    values = {"ISSUER": installation.issuer, "CLIENT_ID": name, "HOME_URL": home_url, "SESSION_KEY": SESSION_KEY}
    values["CLIENT_SECRET"] = secret.read_text(encoding="utf-8").strip()
    return Recipe(name=name, home_url=home_url, values=values)


@contextmanager
def running(program: Sequence[str | Path], made: Recipe, folder: Path) -> Iterator[None]:
    """The program, until the block ends."""
    log = folder / f"{made.name}.log"
    with (
        log.open("wb") as written,
        subprocess.Popen(
            program, cwd=folder, env=os.environ | made.values, stdout=written, stderr=subprocess.STDOUT
        ) as process,
    ):
        port = int(made.home_url.rpartition(":")[2])
        try:
            until_ready(process, lambda: not is_free(port), log=log)
            yield
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def flask(installation: Installation, folder: Path) -> Iterator[Recipe]:
    made = registered(installation, "flask")
    (folder / "app.py").write_text(recipe("app.py"), encoding="utf-8")
    port = made.home_url.rpartition(":")[2]
    program = [sys.executable, "-m", "flask", "--app", folder / "app.py", "run", "--port", port]
    with running(program, made, folder):
        yield made


@contextmanager
def node(installation: Installation, folder: Path) -> Iterator[Recipe]:
    made = registered(installation, "node")
    program = packages() / "server.mjs"
    program.write_text(recipe("server.mjs"), encoding="utf-8")
    with running([NODE, program], made, folder):
        yield made


@pytest.mark.parametrize("made_by", [flask, node])
def test_a_program_logs_a_person_in_and_out(installation: Installation, tmp_path: Path, made_by):
    with made_by(installation, tmp_path) as made:
        browser = PlainBrowser()
        assert "/login" in browser.opens(f"{made.home_url}/").text
        page = browser.signs_in(JEANNE, at=f"{made.home_url}/login")
        assert (page.status_code, "Bonjour Jeanne Dupont" in page.text) == (200, True), page.text
        page = browser.opens(f"{made.home_url}/logout")
        assert (page.url, "/login" in page.text) == (f"{made.home_url}/", True), page.text
        page = browser.signs_in(JEANNE, at=f"{made.home_url}/login")  # which is asked for a password again
        assert "Bonjour Jeanne Dupont" in page.text


@pytest.fixture(scope="module")
def apache(installation: Installation) -> Iterator[Recipe]:
    """mod_auth_openidc before PHP."""
    made = registered(installation, "apache", callback="/answer", backchannel="/answer?logout=backchannel")
    php = next(MODULES.glob("libphp*.so"), None)
    assert php, f"{MODULES} lacks PHP's module: `make debian` installs it"
    modules = {"auth_openidc_module": "mod_auth_openidc.so", "php_module": php.name}
    directives = definitions(**made.values) + recipe("mod_auth_openidc.conf")
    directives += f"""
        SetEnv HOME_URL "{made.home_url}"
        DirectoryIndex index.php
        <FilesMatch "\\.php$">
            SetHandler application/x-httpd-php
        </FilesMatch>
        <Location "/signed-out.html">
            AuthType None
            Require all granted
        </Location>
    """
    with a_folder("openidc") as folder:
        (folder / "www").mkdir()
        (folder / "www" / "index.php").write_text(recipe("index.php"), encoding="utf-8")
        (folder / "www" / "signed-out.html").write_text("<title>Au revoir</title>", encoding="utf-8")
        port = int(made.home_url.rpartition(":")[2])
        with an_apache(folder, port=port, modules=modules, directives=directives):
            yield made


def test_apache_logs_a_person_in_before_php_and_out(apache: Recipe):
    browser = PlainBrowser()
    page = browser.signs_in(JEANNE, at=f"{apache.home_url}/")
    assert (page.status_code, "Bonjour Jeanne Dupont" in page.text) == (200, True), page.text
    [out] = re.findall(r'<a href="([^"]+)">Se déconnecter', page.text)
    assert browser.opens(f"{apache.home_url}{out}".replace("&amp;", "&")).url == f"{apache.home_url}/signed-out.html"
    assert "login" in browser.opens(f"{apache.home_url}/").url


def test_apache_is_told_when_a_person_logs_out_elsewhere(apache: Recipe, installation: Installation):
    browser = PlainBrowser()
    page = browser.signs_in(JEANNE, at=f"{apache.home_url}/protected")
    assert "OIDC_CLAIM_email=" + JEANNE.email in page.text
    browser.logs_out(installation.issuer)

    def is_over() -> bool | None:
        page = browser.visits(f"{apache.home_url}/protected")
        assert isinstance(page, requests.Response)
        return True if page.url.startswith(installation.issuer) else None

    wait_until(is_over, what="the end of the session at mod_auth_openidc")


def test_every_recipe_of_the_page_is_run_by_a_test():
    """mod_auth_mellon's by test_mellon.py."""
    run = {"app.py", "server.mjs", "mod_auth_openidc.conf", "index.php", "mod_auth_mellon.conf"}
    assert set(recipes()) == run
