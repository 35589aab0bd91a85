"""`make install` and the container file, on a Debian 12 that holds nothing but its base system (made by debootstrap).

There is no systemd in it, so the units are read by `systemd-analyze` of this machine elsewhere; what they start is
started by hand, as the user and with the settings that the installation has made.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MACHINE_CERTIFICATES = os.environ.get("PIP_CERT")  # where a proxy between here and PyPI has an authority of its own
NAME = "id.exemple.test"
ENROLLMENT = "inscription.exemple.test"
UMASK = 0o022  # a system that was made under another is not Debian's: not even / could be entered

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1_200),
    pytest.mark.skipif(os.geteuid() != 0, reason="debootstrap and chroot want root"),
]


@dataclass(frozen=True, slots=True)
class Base:
    """The base system: unpacked in a folder, with the tree in /src, and as it was made, in an archive."""

    folder: Path
    archive: Path


@pytest.fixture(scope="module")
def base() -> Iterator[Base]:
    room = Path(f"/var/tmp/poterne-clean-{os.getpid()}")  # noqa: S108 - /tmp may be in memory, and this is 400 MB
    system = room / "system"
    try:
        yield made_base(room, system)
    finally:
        run("rm", "-rf", "--one-file-system", room)  # should /dev still be mounted in it, it is left alone


def made_base(room: Path, system: Path) -> Base:
    run("mkdir", "--parents", system / "etc/dpkg/dpkg.cfg.d")
    # What dpkg writes need not outlive a power cut: waiting for the disk takes as long as all the rest.
    (system / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n", encoding="utf-8")
    run("debootstrap", "--variant=minbase", "bookworm", system, log=system / "debootstrap/debootstrap.log")
    if MACHINE_CERTIFICATES:
        shutil.copy(MACHINE_CERTIFICATES, system / "authorities.pem")
        (system / "etc/pip.conf").write_text("[global]\ncert = /authorities.pem\n", encoding="utf-8")
    shutil.copy("/etc/resolv.conf", system / "etc/resolv.conf")
    run("tar", "-C", system, "--one-file-system", "-cf", room / "base.tar", ".")
    listed = run("git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in (name for name in listed if not name.startswith("tests/") and (ROOT / name).is_file()):
        (system / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, system / "src" / name)
    return Base(system, room / "base.tar")


@pytest.fixture(scope="module")
def installed(base: Base) -> Iterator["Chroot"]:
    chroot = Chroot(base.folder)
    with chroot.mounted():
        chroot.run("apt-get update -qq && apt-get install -qq --yes make")
        chroot.run(f"cd /src && make install NAME={NAME}")
        chroot.run(f"cd /src && make enrollment NAME={ENROLLMENT}")
        yield chroot


class Chroot:
    """A system in a folder, in which commands are run as root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """/proc and /dev of this machine in the folder, for as long as the block lasts."""
        with ExitStack() as ended:
            for place in (self.folder / "proc", self.folder / "dev"):
                run("mount", "--bind", f"/{place.name}", place)
                ended.callback(run, "umount", "--lazy", place)
            yield

    def run(self, script: str, *, network: bool = True) -> str:
        clean = ("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "DEBIAN_FRONTEND=noninteractive")
        apart = () if network else ("unshare", "--net", "--pid", "--fork", "--kill-child")
        return run(*apart, "chroot", self.folder, *clean, "bash", "-euc", script)


def run(*command: object, log: Path | None = None) -> str:
    """What a command wrote on its standard output; `log` is a file that tells more of its failure."""
    words = [str(word) for word in command]
    done = subprocess.run(words, check=False, capture_output=True, text=True, errors="replace", umask=UMASK)
    told = [done.stdout, done.stderr, log.read_text(errors="replace") if log and log.exists() else ""]
    ends = "\n".join(text[-8000:] for text in told)
    assert done.returncode == 0, f"status {done.returncode}: {words}\n{ends}"
    return done.stdout


SERVED = {
    "idp": ("poterne", "/etc/poterne/poterne.toml", NAME, "/.well-known/openid-configuration"),
    "enrollment": ("poterne-enrollment", "/etc/poterne-enrollment/enrollment.toml", ENROLLMENT, "/"),
}
"""For each program: its user, its settings, its name, and what is asked of it."""


def answer_behind_nginx(installed: "Chroot", program: str) -> str:
    """In a network of its own: the ports are nobody's."""
    user, settings, name, path = SERVED[program]
    return installed.run(
        f"""
        ip link set lo up 2> /dev/null || python3 -c '
import fcntl, socket, struct
s = socket.socket(); fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x41))'
        runuser -u {user} -- /opt/poterne/bin/{program} --settings {settings} serve > /tmp/serve.log 2>&1 &
        nginx
        python3 - << 'END'
import http.client, socket, ssl, threading
context = ssl.create_default_context(cafile="/etc/{user}/tls/fullchain.pem")
class Named(http.client.HTTPSConnection):
    def connect(self):  # by its name, though nobody has told the world where it is
        self.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", 443)), server_hostname="{name}")
for _ in range(600):
    try:
        asked = Named("{name}")
        asked.request("GET", "{path}")
        answer = asked.getresponse()
        if answer.status == 200:
            print(answer.read().decode())
            break
    except OSError:
        pass
    threading.Event().wait(0.1)
else:
    print(open("/tmp/serve.log").read())
END
        """,
        network=False,
    )


def test_it_answers_behind_nginx_as_installed(installed):
    assert f'"issuer": "https://{NAME}"' in answer_behind_nginx(installed, "idp")


def test_enrollment_answers_behind_nginx_as_installed(installed):
    assert "Demande d’inscription" in answer_behind_nginx(installed, "enrollment")


def test_only_its_user_and_root_can_read_what_it_keeps(installed):
    readable = installed.run(
        "find /etc/poterne /var/lib/poterne /var/backups/poterne '!' -type s '(' -perm /077 -o '!' -user poterne ')' "
        "-a '!' -path '/etc/poterne/tls*' -printf '%p %m %u\\n'; find /etc/poterne/tls -name '*key*' -perm /077"
    )
    assert readable == ""


def test_enrollment_and_the_identity_provider_cannot_read_what_the_other_keeps(installed):
    kept = {user: f"/etc/{user} /var/lib/{user} /var/backups/{user}" for user in ("poterne", "poterne-enrollment")}
    for user, other in (("poterne", "poterne-enrollment"), ("poterne-enrollment", "poterne")):
        found = f"runuser -u {user} -- find {kept[other]} -type f -readable 2> /dev/null || true"
        assert installed.run(found) == ""
    same = "sha256sum /etc/poterne/enrollment-secret /etc/poterne-enrollment/idp-secret | cut -d' ' -f1 | sort -u"
    assert len(installed.run(same).splitlines()) == 1, "but for one secret, by which they know each other"


def test_installed_again_it_makes_a_backup_and_keeps_every_setting(installed):
    settings = installed.run("cat /etc/poterne/poterne.toml /etc/poterne/key-encryption-key | sha256sum")
    said = installed.run("cd /src && make install")
    assert "a backup before the upgrade" in said
    assert "before-" in installed.run("ls /var/backups/poterne")
    assert "before-" in installed.run("ls /var/backups/poterne-enrollment")
    assert installed.run("cat /etc/poterne/poterne.toml /etc/poterne/key-encryption-key | sha256sum") == settings


def test_the_commands_of_the_timers_run(installed):
    for unit, user in (
        ("poterne-backup", "poterne"),
        ("poterne-retention", "poterne"),
        ("poterne-enrollment-backup", "poterne-enrollment"),
        ("poterne-enrollment-retention", "poterne-enrollment"),
    ):
        lines = installed.run(f"grep ^ExecStart= /etc/systemd/system/{unit}.service").splitlines()
        for line in lines:
            command = line.removeprefix("ExecStart=").replace("%%", "%")
            installed.run(f"cd /var/lib/{user} && runuser -u {user} -- {command}")
    for user in ("poterne", "poterne-enrollment"):
        assert ".backup" in installed.run(f"ls /var/backups/{user} | grep -v before-")


def test_without_a_name_it_says_what_to_type(base):
    refused = subprocess.run([ROOT / "deploy/install"], check=False, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "make install NAME=id.example" in refused.stderr


@pytest.mark.skipif(not shutil.which("buildah"), reason="buildah is not here")
def test_the_container_file_builds_an_image_that_runs(base, monkeypatch):
    monkeypatch.setenv("STORAGE_DRIVER", "vfs")
    monkeypatch.setenv("BUILDAH_ISOLATION", "chroot")
    room = base.archive.parent
    storage = ("--root", room / "storage", "--runroot", room / "run")
    container = run("buildah", *storage, "from", "scratch").strip()
    run("buildah", *storage, "add", container, base.archive, "/")
    run("buildah", *storage, "config", "--env", "PIP_COMPILE=0", container)  # two commands are started in the image
    run("buildah", *storage, "commit", container, "localhost/base")
    tree = base.folder / "src"
    options = ("--build-arg", "BASE=localhost/base", "--tag", "poterne", "--file", tree / "deploy/Containerfile")
    run("buildah", *storage, "build", *options, tree)
    made = run("buildah", *storage, "from", "poterne").strip()
    assert "uid=990(poterne)" in run("buildah", *storage, "run", made, "--", "id")
    for program in SERVED:
        assert "version" in run("buildah", *storage, "run", made, "--", f"/opt/poterne/bin/{program}", "--version")
