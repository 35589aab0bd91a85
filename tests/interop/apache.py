"""Debian's Apache, with the modules and the directives that a test names, on a port and in a folder of its own.

Nothing of /etc/apache2 is read, and nothing is left: the folder is made here and goes with the server. Root
starts it as Debian's www-data, which could not read a folder of pytest's.
"""

import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from string import Template

from tests.ports import is_free
from tests.processes import until

SERVERS_USER = "www-data"
MODULES = Path("/usr/lib/apache2/modules")
SHORT = Path("/tmp")  # noqa: S108 - a Unix socket's name has at most 107 characters
STOPS_WITHIN = 20.0

ALWAYS = ("mpm_prefork", "authn_core", "authz_core", "authz_user", "alias", "cgi", "dir", "env", "mime")

BEGINNING = Template("""\
ServerRoot "$folder"
DefaultRuntimeDir "$folder"
Mutex "file:$folder"
PidFile "$folder/apache.pid"
ErrorLog "$folder/apache.log"
LogLevel info
Listen 127.0.0.1:$port
ServerName http://127.0.0.1:$port
UseCanonicalName On
TypesConfig /dev/null
StartServers 2
MinSpareServers 1
MaxSpareServers 4
MaxRequestWorkers 8
DocumentRoot "$folder/www"
ScriptAliasMatch "^/(?:[a-z]+/)?protected$$" "$folder/shows-its-environment"
""")

SHOWS_ITS_ENVIRONMENT = """\
#!/usr/bin/perl
print "Content-Type: text/plain; charset=utf-8\\r\\nCache-Control: no-store\\r\\n\\r\\n";
print map { "$_=$ENV{$_}\\n" } sort keys %ENV;
"""


@contextmanager
def a_folder(name: str) -> Iterator[Path]:
    """A folder with a short name; what is in it when a server is started is the server's."""
    with tempfile.TemporaryDirectory(prefix=f"poterne-{name}-", dir=SHORT) as made:
        yield Path(made)


@contextmanager
def an_apache(folder: Path, *, port: int, modules: dict[str, str], directives: str) -> Iterator[str]:
    """The address of a server with `modules` (the name of each, and its file) beside those that it always has.

    `/protected`, and the same one folder below, is a program that shows the environment it
    is given, where a module that logs people in leaves what it has learnt.
    """
    configuration, program = folder / "apache.conf", folder / "shows-its-environment"
    files = {f"{name}_module": f"mod_{name}.so" for name in ALWAYS} | modules
    missing = sorted(file for file in files.values() if not (MODULES / file).exists())
    assert not missing, f"{MODULES} lacks {', '.join(missing)}: `make debian` installs it"
    lines = [f'LoadModule {name} "{MODULES / file}"' for name, file in files.items()]
    begins = BEGINNING.substitute(folder=folder, port=port)
    configuration.write_text("\n".join([*lines, begins, directives, ""]), encoding="utf-8")
    program.write_text(SHOWS_ITS_ENVIRONMENT, encoding="utf-8")
    program.chmod(0o755)
    (folder / "www").mkdir(exist_ok=True)
    with running(["apache2", "-DFOREGROUND", "-f", configuration], folder, log="apache.out", ready=port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def running(program: Sequence[str | Path], folder: Path, *, log: str, ready: Path | int) -> Iterator[None]:
    """Run `program` for the block, which begins when the port `ready` is taken or the socket `ready` is there."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    with (folder / log).open("wb") as written:
        if os.geteuid() == 0:
            user = pwd.getpwnam(SERVERS_USER)
            for owned in (folder, *folder.rglob("*")):
                os.chown(owned, user.pw_uid, user.pw_gid)
            program = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *program]
        process = subprocess.Popen(
            program, cwd=folder, env=os.environ | {"PATH": path}, stdin=subprocess.DEVNULL, stdout=written,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def is_ready() -> bool:
        assert process.poll() is None, f"{program[-3]} ended at once\n{what_was_logged(folder)}"
        return ready.is_socket() if isinstance(ready, Path) else not is_free(ready)

    try:
        until(is_ready, what=f"the beginning of what {folder / log} is about")
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOPS_WITHIN)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # whatever it has left
        process.wait()


def what_was_logged(folder: Path) -> str:
    """The end of every log in `folder`: what a failing test has to show."""
    logs = sorted((*folder.glob("*.log"), *folder.glob("*.out")))
    return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in logs)
