"""The TLS door of the card: a real nginx runs the example we ship, and asks clients for their certificate.

A client has the certificate and the key of a virtual card. The listener is the real command.
"""

import http.client
import shutil
import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from card_bridge.assertion import Purpose
from card_bridge.verification.hand_offs import Door, HandOffs, Ticket, TlsCertificate, tls_label
from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.personas import DOCTOR, WRONG_ISSUER, Persona
from config.encryption import DEVELOPMENT_FILE
from config.redis.store import Store
from config.sql.database import SQLITE_FILE
from tests.builders.card_trust import trust_folder
from tests.outages.card_door import DOMAIN, running_listener, running_nginx
from tests.outages.service import Service
from tests.ports import free_ports

FLOW, BROWSER = "a login", "a browser"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client got, and the version of TLS."""

    status: int
    location: str
    version: str


@dataclass(slots=True, kw_only=True)
class TlsDoor:
    """nginx and the listener behind it."""

    port: int
    hand_offs: HandOffs
    authority: Authority
    folder: Path
    trusted: Path
    issuer: str

    def ticket(self) -> str:
        ticket = Ticket(
            door=Door.TLS,
            bound_to=FLOW,
            purpose=Purpose.LOGIN,
            application="Dossier communicant",
            return_path="/login/dcc:a/card/return",
        )
        return self.hand_offs.make_ticket(ticket, browser=BROWSER)

    def context(self, persona: Persona | None, **changed: ssl.TLSVersion) -> ssl.SSLContext:
        """A client with the card of a persona, or without one."""
        context = ssl.create_default_context(cafile=str(self.trusted))
        context.check_hostname = False
        for name, value in changed.items():
            setattr(context, name, value)
        if persona is not None:
            context.load_cert_chain(self._card_file(persona))
        return context

    def opens(self, ticket: str, context: ssl.SSLContext, *, name: str | None = None, **headers: str) -> Answer:
        name = name or f"{tls_label(ticket)}.{DOMAIN}"
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)
        with closing(connection):
            connected = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            connection.sock = context.wrap_socket(connected, server_hostname=name)
            version = connection.sock.version() or ""
            connection.request("GET", f"/card/tls/{ticket}", headers={"Host": name} | headers)
            response = connection.getresponse()
            return Answer(response.status, response.getheader("Location") or "", version)

    def evidence(self, location: str) -> bytes | None:
        handed = self.hand_offs.take(location.partition("handle=")[2], bound_to=FLOW, browser=BROWSER)
        return handed.evidence.der if handed and isinstance(handed.evidence, TlsCertificate) else None

    def _card_file(self, persona: Persona) -> Path:
        issued, file = self.authority.issue(persona), self.folder / f"{persona.name}.pem"
        certificate = x509.load_der_x509_certificate(issued.der).public_bytes(Encoding.PEM)
        key = issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(certificate + key)
        return file


@pytest.fixture(scope="module")
def door(furnished, authority, tmp_path_factory) -> Iterator[TlsDoor]:
    [port, own_port] = free_ports(2)
    data, folder = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("door")
    data.chmod(0o700)
    for name in (SQLITE_FILE, DEVELOPMENT_FILE):
        shutil.copy(furnished.folder / name, data / name)
    changed = {
        "card_offered": "true",
        "card_environment": "test",
        "card_trust_folder": str(trust_folder(authority, folder / "authorities")),
        "card_revocation_lists": ",".join(authority.revocation_addresses),
        "card_tls_domain": DOMAIN,
        "card_tls_socket": f"{folder}/listener.sock",
    }
    service = Service(data, own_port, changed)
    with ExitStack() as ended:
        ended.callback(service.kill)
        service.start()
        ended.enter_context(running_listener(service.environment, folder))
        trusted = ended.enter_context(running_nginx(folder, port, authority))
        yield TlsDoor(
            port=port,
            folder=folder,
            hand_offs=HandOffs(Store.of(service.settings)),
            authority=authority,
            trusted=trusted.file,
            issuer=service.issuer,
        )


def test_a_card_that_the_browser_shows_by_tls_brings_a_handle(door):
    ticket = door.ticket()
    answer = door.opens(ticket, door.context(DOCTOR))
    assert (answer.status, answer.version) == (303, "TLSv1.2")
    assert answer.location.startswith(f"{door.issuer}/login/dcc:a/card/return?handle=")
    assert door.evidence(answer.location) == door.authority.issue(DOCTOR).der
    assert door.opens(ticket, door.context(DOCTOR)).location == f"{door.issuer}/", "the ticket is used"


def test_a_client_that_insists_on_tls_1_3_is_not_served(door):
    with pytest.raises((ssl.SSLError, OSError)):
        door.opens(door.ticket(), door.context(DOCTOR, minimum_version=ssl.TLSVersion.TLSv1_3))


@pytest.mark.parametrize("persona", [None, WRONG_ISSUER], ids=["no certificate", "of another authority"])
def test_without_a_certificate_of_these_authorities_the_browser_comes_back_without_a_handle(door, persona):
    answer = door.opens(door.ticket(), door.context(persona))
    assert (answer.status, answer.location) == (303, f"{door.issuer}/login/dcc:a/card/return")


def test_header_fields_that_a_client_sends_are_replaced(door):
    pem = x509.load_der_x509_certificate(door.authority.issue(DOCTOR).der).public_bytes(Encoding.PEM).decode()
    forged = {"X-Card-Verified": "SUCCESS", "X-Card-Certificate": pem.replace("\n", "%0A")}
    answer = door.opens(door.ticket(), door.context(None), **forged)
    assert answer.location == f"{door.issuer}/login/dcc:a/card/return"


def test_a_ticket_on_another_name_is_not_found(door):
    assert door.opens(door.ticket(), door.context(DOCTOR), name=f"other.{DOMAIN}").status == 404


def test_only_the_owner_and_the_group_open_the_socket(door):
    assert stat.S_IMODE((door.folder / "listener.sock").stat().st_mode) == 0o660
