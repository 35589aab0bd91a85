"""One pass over https, behind a real nginx that runs the example we ship, with settings for production."""

import http.client
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from config.audit.trail import AuditEvent
from config.encryption import make_encryption_key_file
from config.sql.database import Database
from idp.audit_kinds import IdpAuditKind
from idp.container.services import Services
from idp.oidc.authorization.parameters import LONGEST_QUERY
from tests.actors.application import Application
from tests.actors.browser import Browser, Professional
from tests.actors.identity_provider import Operator
from tests.chromium import running_chromium
from tests.fixtures.idp import JEANNE
from tests.installation import RUN_SAMPLE
from tests.outages.proxied import Authority, Ports, running_nginx
from tests.outages.service import TREE, Service
from tests.outages.wire import NoAnswer, Wire
from tests.ports import free_ports
from tests.processes import until, until_ready

APPLICATIONS = TREE / "relying_parties/applications"
THE_PERSON, A_FORGED_ADDRESS = "127.0.0.2", "198.51.100.7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The service behind nginx, and the DCC behind it too."""

    service: Service
    ports: Ports
    authority: Authority
    dcc_secret: str

    @property
    def wire(self) -> Wire:
        """By https through nginx, as a person comes."""
        return Wire(port=self.ports.https, trusting=self.authority.trusted, coming_from=THE_PERSON)

    @property
    def dcc_url(self) -> str:
        return f"https://127.0.0.1:{self.ports.sample_https}"

    @property
    def dcc(self) -> Application:
        return self.service.application("dcc", self.dcc_secret, at=self.dcc_url, wire=self.wire)

    def anyone(self, wire: Wire | None = None) -> Browser:
        return self.service.anyone(wire or self.wire)

    def last_login_from(self) -> str | None:
        database = Database.open(self.service.settings)
        lines = select(AuditEvent.address).where(AuditEvent.kind == IdpAuditKind.LOGIN_SUCCEEDED)
        with database.reading() as connection:
            address = connection.execute(lines.order_by(AuditEvent.id.desc()).limit(1)).scalar()
        database.close()
        return address


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("behind-nginx")
    ports = Ports(**dict(zip(Ports.__slots__, free_ports(5), strict=True)))
    key = folder / "key-encryption-key"
    make_encryption_key_file(key)
    service = Service(
        folder,
        ports.node,
        {
            "environment": "production",
            "argon2_memory": "19456",  # the least that production allows
            "argon2_iterations": "2",
            "issuer": f"https://localhost:{ports.https}",
            "key_encryption_key_file": str(key),
            "trusted_proxies": "127.0.0.1",
            "mail_transport": "smtp",
            "mail_from": "ne-pas-repondre@exemple.test",
        },
    )
    with running_nginx(ports) as authority:
        try:
            service.start()
            site = Site(
                service=service,
                ports=ports,
                authority=authority,
                dcc_secret=furnished(service, f"https://127.0.0.1:{ports.sample_https}"),
            )
            with a_sample(site, folder):
                yield site
        finally:
            service.kill()


def furnished(service: Service, dcc_url: str) -> str:
    """The DCC at its https address, and Jeanne; the secret of the DCC."""
    shutil.copy(APPLICATIONS / "dcc.svg", service.folder)
    declared = (APPLICATIONS / "dcc.toml").read_text(encoding="utf-8").replace("http://127.0.0.1:8411", dcc_url)
    declared = re.sub(r"(?m)^backchannel_logout_uri = .*$", "", declared)  # on this machine it would never be called
    (service.folder / "dcc.toml").write_text(declared, encoding="utf-8")
    service.idp("application", "register", service.folder / "dcc.toml", "--secret-file", service.folder / "secret")
    database = Database.open(service.settings)
    Operator(services=Services.of(service.settings, database)).creates(JEANNE, entitled_to=("dcc",))
    database.close()
    return (service.folder / "secret").read_text(encoding="utf-8").strip()


@contextmanager
def a_sample(site: Site, folder: Path) -> Iterator[None]:
    """The sample DCC, which trusts the authority of the tests."""
    options = ["--config", str(TREE / "relying_parties/samples/dcc.toml"), "--issuer", site.service.issuer]
    options += ["--port", str(site.ports.sample), "--address", site.dcc_url]
    options += ["--client-secret-file", str(folder / "secret")]
    command = [sys.executable, "-c", RUN_SAMPLE, "serve", *options]
    trusting = site.service.environment | {"REQUESTS_CA_BUNDLE": str(site.authority.file)}
    with (
        (folder / "dcc.log").open("wb") as log,
        subprocess.Popen(command, cwd=TREE, env=trusting, stdout=log, stderr=subprocess.STDOUT) as process,
    ):
        try:
            until_ready(process, lambda: listens(site.ports.sample), log=folder / "dcc.log")
            yield
        finally:
            process.terminate()


def listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def jeanne() -> Professional:
    return JEANNE


@pytest.mark.browser
def test_from_the_dcc_to_a_login_and_back_in_a_real_browser(site, jeanne, playwright):
    trusting = f"--ignore-certificate-errors-spki-list={site.authority.public_key_digest}"
    with running_chromium(playwright, trusting) as chromium:
        context = chromium.new_context(locale="fr-FR")
        page = context.new_page()
        page.goto(site.dcc_url)
        page.get_by_role("link", name="Se connecter").click()
        page.locator("input[name=login]").fill(jeanne.login)
        assert page.url.startswith(f"{site.service.issuer}/login/")
        assert page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"
        page.locator("input[name=password]").fill(jeanne.password)
        page.get_by_role("button", name="Se connecter au DCC").click()
        page.wait_for_url(f"{site.dcc_url}/me")

        assert f"Bonjour {jeanne.name}" in page.locator("body").inner_text()
        assert page.locator("#iss").inner_text() == site.service.issuer
        ours = [cookie for cookie in context.cookies() if cookie["name"].startswith("__Host-idp-")]
        assert {cookie["name"] for cookie in ours} >= {"__Host-idp-session"}
        assert all(cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in ours)


def test_a_page_is_secure_in_every_header(site):
    page = site.anyone().visits(site.dcc.asks())
    assert page.asks_for("login", "password")
    assert int(re.fullmatch(r"max-age=(\d+)", page.headers["Strict-Transport-Security"])[1]) >= 31_536_000
    assert "nginx/" not in page.headers["Server"]
    assert page.headers["Cache-Control"] == "no-store"


def test_http_leads_to_https(site):
    plain = replace(site.wire, port=site.ports.http, trusting=None, adding={"HOST": "localhost"})
    response = site.anyone(plain).asks(f"{site.service.issuer}/account?from=a")
    assert response.status_code == 308
    assert response.headers["Location"] == f"{site.service.issuer}/account?from=a"


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1"])
def test_a_request_for_another_host_is_not_answered(site, host):
    asked = f"GET /account HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", site.ports.http), timeout=30) as plain:
        plain.sendall(asked)
        assert plain.recv(100) == b""
    with (
        socket.create_connection(("127.0.0.1", site.ports.https), timeout=30) as plain,
        pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"),
    ):
        site.authority.trusted.wrap_socket(plain, server_hostname=host)


MOST_IN_HAND, AT_ONCE = 200, 300  # `limit_conn` of deploy/nginx.conf; requests from one address


def test_of_very_many_requests_at_once_some_wait_and_some_are_told_to_come_back(site):
    """Another address is answered meanwhile. The node is held until all have been sent, however slow the machine is."""
    with ExitStack() as closed:
        connections = [closed.enter_context(_connection_from("127.0.0.9", site)) for _ in range(AT_ONCE)]
        with site.service.answering_nothing():
            for connection in connections:
                connection.request("GET", "/.well-known/openid-configuration")
            told = [connection.getresponse() for connection in connections[-1:]]
        assert site.anyone().visits(site.dcc.asks()).status == 200
        answers = [connection.getresponse() for connection in connections[:-1]] + told
        for answer in answers:
            answer.read()
    refused = [answer for answer in answers if answer.status == 429]
    assert [answer.status for answer in answers].count(200) == MOST_IN_HAND
    assert len(refused) == AT_ONCE - MOST_IN_HAND
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)


@contextmanager
def _connection_from(address, site):
    connection = http.client.HTTPSConnection(
        "localhost", site.ports.https, context=site.authority.trusted, source_address=(address, 0), timeout=30
    )
    with closing(connection):
        connection.connect()
        yield connection


def test_a_field_with_an_underscore_is_passed_on_to_nobody(site, jeanne):
    forging = replace(site.wire, adding={"X_Forwarded_For": A_FORGED_ADDRESS})
    dcc = site.dcc
    assert dcc.signs_in(site.anyone(forging).logs_in(jeanne, to=dcc))
    assert site.last_login_from() == THE_PERSON


def test_a_node_believes_its_proxy_only_under_the_name_that_it_writes(site, jeanne):
    """As when a proxy passes the other spelling on."""
    as_a_proxy = Wire(
        port=site.ports.node,
        coming_from="127.0.0.1",
        adding={"X_Forwarded_For": A_FORGED_ADDRESS, "X-Forwarded-For": THE_PERSON, "X-Forwarded-Proto": "https"},
    )
    dcc = site.dcc
    assert dcc.signs_in(site.anyone(as_a_proxy).logs_in(jeanne, to=dcc))
    assert site.last_login_from() == THE_PERSON


def test_http_2_is_spoken(site):
    context = site.authority.trusted
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", site.ports.https)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        assert secured.selected_alpn_protocol() == "h2"


def test_the_audit_trail_has_the_address_of_the_person_and_not_the_one_they_invent(site, jeanne):
    forging = replace(site.wire, adding={"X-Forwarded-For": A_FORGED_ADDRESS, "Forwarded": f"for={A_FORGED_ADDRESS}"})
    dcc = site.dcc
    assert dcc.signs_in(site.anyone(forging).logs_in(jeanne, to=dcc))
    assert site.last_login_from() == THE_PERSON


def test_a_request_that_reaches_a_node_without_the_proxy_is_not_believed_either(site, jeanne):
    forging = Wire(
        port=site.ports.node,
        coming_from="127.0.0.3",  # no proxy of ours
        adding={"X-Forwarded-For": A_FORGED_ADDRESS, "X-Forwarded-Proto": "https"},
    )
    dcc = site.dcc
    assert dcc.signs_in(site.anyone(forging).logs_in(jeanne, to=dcc))
    assert site.last_login_from() == "127.0.0.3"


def test_the_longest_requests_and_answers_pass(site, jeanne):
    """An application may keep what it likes in `state`, which comes back in a header."""
    dcc, browser = site.dcc, site.anyone()
    browser.logs_in(jeanne, to=dcc)
    shortest = len(urlsplit(dcc.asks(state="s")).query)
    state = "s" * (LONGEST_QUERY - shortest)
    assert dcc.signs_in(browser.visits(dcc.asks(state=state))).state == state


def test_health_is_not_for_strangers(site):
    assert site.anyone().asks(f"{site.service.issuer}/health/ready").status_code == 404


def test_when_no_node_answers_people_are_told_when_to_come_back_and_can(site):
    site.service.kill()
    page = site.anyone().visits(site.dcc.asks())
    assert page.status == 503
    assert int(page.headers["Retry-After"]) > 0
    assert "momentanément indisponible" in page.title
    with pytest.raises(NoAnswer):
        site.anyone(site.service.wire).visits(site.dcc.asks())
    site.service.start()
    until(lambda: site.anyone().visits(site.dcc.asks()).status == 200, what="nginx's trust in the node")
