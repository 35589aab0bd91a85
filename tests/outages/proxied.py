"""nginx as deploy/nginx.conf has it, with the certificate of an authority made for the test, and without privileges."""

import os
import pwd
import shutil
import ssl
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from tests.outages.service import TREE
from tests.processes import until_ready

AROUND = """
daemon off;
pid nginx.pid;
error_log stderr;
worker_processes 1;
worker_rlimit_nofile 4096;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    include poterne.conf;
    server {{
        # The application that people come from, which is on another site.
        listen 127.0.0.1:{application} ssl http2;
        ssl_certificate certificate.pem;
        ssl_certificate_key key.pem;
        location / {{ proxy_pass http://127.0.0.1:{behind}; proxy_set_header Host $http_host; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Signed one certificate, for this machine."""

    folder: Path
    public_key_digest: str  # as Chromium wants it

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    @property
    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.file))


def an_authority(folder: Path) -> Authority:
    """Make it, with authority.pem, certificate.pem and key.pem in `folder`."""
    issuer_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, subject = _name("An authority of the tests"), _name("localhost")
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    is_authority = x509.BasicConstraints(ca=True, path_length=None)
    authority = _builder(issuer, issuer, issuer_key).add_extension(is_authority, critical=True)
    certificate = _builder(subject, issuer, key).add_extension(names, critical=False)
    for name, builder in (("authority.pem", authority), ("certificate.pem", certificate)):
        signed = builder.sign(issuer_key, hashes.SHA256())
        (folder / name).write_bytes(signed.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # it is worth nothing
    )
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Authority(folder=folder, public_key_digest=b64encode(sha256(public).digest()).decode())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where everything is."""

    node: int
    http: int
    https: int
    sample: int
    sample_https: int


@contextmanager
def running_nginx(ports: Ports) -> Iterator[Authority]:
    """The example that is shipped, with our ports, names and paths."""
    with tempfile.TemporaryDirectory(prefix="nginx-") as made:
        folder = Path(made)
        authority = an_authority(folder)
        _write_configuration(folder, ports)
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "these tests need Debian's package nginx-light"
        command = [program, "-p", made, "-c", f"{made}/nginx.conf", "-e", "stderr"]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(command, stderr=log, cwd=made, **_unprivileged(folder)) as process,
        ):
            try:
                until_ready(process, (folder / "nginx.pid").exists, log=folder / "log")
                yield authority
            finally:
                process.terminate()


def _write_configuration(folder: Path, ports: Ports) -> None:
    shipped = (TREE / "deploy/nginx.conf").read_text(encoding="utf-8")
    lines = [line for line in shipped.splitlines() if "listen [::]" not in line]  # not every machine has IPv6
    ours = "\n".join(lines)
    for there, here in {
        "https://id.exemple.test": f"https://localhost:{ports.https}",
        "id.exemple.test": "localhost",
        "listen 80": f"listen 127.0.0.1:{ports.http}",
        "listen 443 ": f"listen 127.0.0.1:{ports.https} ",
        "127.0.0.1:8400": f"127.0.0.1:{ports.node}",
        "/etc/poterne/tls/fullchain.pem": "certificate.pem",
        "/etc/poterne/tls/key.pem": "key.pem",
        "/var/log/nginx/poterne.log": "poterne.log",
    }.items():
        assert there in ours, f"deploy/nginx.conf has no {there}"
        ours = ours.replace(there, here)
    (folder / "poterne.conf").write_text(ours, encoding="utf-8")
    around = AROUND.format(application=ports.sample_https, behind=ports.sample)
    (folder / "nginx.conf").write_text(around, encoding="utf-8")


def _unprivileged(folder: Path) -> dict[str, Any]:
    """As root we give it to nobody, who needs the folder."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
