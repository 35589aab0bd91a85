"""The TLS door of the card: nginx as deploy/nginx-card.conf has it, and the listener behind it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from card_bridge.workstation.virtual.authority import Authority
from tests.outages import proxied
from tests.outages.service import RUN_IDP, TREE
from tests.processes import until_ready

DOMAIN = "cps.localhost"
SOCKET = "listener.sock"
AROUND = """
daemon off;
pid nginx.pid;
error_log stderr;
events { }
http {
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    limit_req_zone $remote_addr zone=poterne_requests:1m rate=100r/s;
    include card.conf;
}
"""


@contextmanager
def running_listener(environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    """The command `idp card-listener`."""
    command, log = [*RUN_IDP, "card-listener"], folder / "listener.log"
    with (
        log.open("wb") as opened,
        subprocess.Popen(command, cwd=TREE, env=environment, stdout=opened, stderr=opened) as process,
    ):
        try:
            until_ready(process, (folder / "listener.sock").is_socket, log=log)
            yield
        finally:
            process.terminate()


@contextmanager
def running_nginx(folder: Path, port: int, authority: Authority) -> Iterator[proxied.Authority]:
    """The example that is shipped, with our port, names and paths; the authority that made its certificate."""
    made = proxied.an_authority(folder)
    (folder / "authorities.pem").write_text(authority.anchors + authority.intermediates)
    shipped = (TREE / "deploy/nginx-card.conf").read_text(encoding="utf-8")
    ours = "\n".join(line for line in shipped.splitlines() if "listen [::]" not in line)
    for there, here in {
        "*.cps.id.exemple.test": f"*.{DOMAIN}",
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "/run/poterne-card/listener.sock": f"{folder}/listener.sock",
        "/etc/poterne/tls/cps-fullchain.pem": "certificate.pem",
        "/etc/poterne/tls/cps-key.pem": "key.pem",
        "/etc/poterne/tls/cps-authorities.pem": "authorities.pem",
    }.items():
        assert there in ours, f"deploy/nginx-card.conf has no {there}"
        ours = ours.replace(there, here)
    (folder / "card.conf").write_text(ours, encoding="utf-8")
    # The socket belongs to the user of these tests; the unit gives it to the group of nginx.
    (folder / "nginx.conf").write_text(("user root;" if os.geteuid() == 0 else "") + AROUND, encoding="utf-8")
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "these tests need Debian's package nginx-light"
    command, log = [program, "-p", str(folder), "-c", f"{folder}/nginx.conf", "-e", "stderr"], folder / "nginx.log"
    with log.open("wb") as opened, subprocess.Popen(command, stderr=opened, cwd=folder) as process:
        try:
            until_ready(process, (folder / "nginx.pid").exists, log=log)
            yield made
        finally:
            process.terminate()
