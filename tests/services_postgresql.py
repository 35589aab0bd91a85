"""A private PostgreSQL, made for the tests and gone with them."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from tests.processes import until

_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB -c max_connections=60"


@dataclass(frozen=True)
class PostgreSQL:
    """A cluster that answers on a Unix socket only."""

    folder: Path
    programs: Path
    account: dict[str, Any]

    def address(self, name: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    @contextmanager
    def empty_database(self, name: str, *, like: str = "template0") -> Iterator[str]:
        """The address of a new database (a copy of `like`), dropped at the end."""
        self.say(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        try:
            yield self.address(name)
        finally:
            self.say(f'DROP DATABASE "{name}" WITH (FORCE)')

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        options = f"{_FAST} -c listen_addresses='' -c unix_socket_directories={self.folder}"
        self._control("start", "-o", options, "-l", str(self.folder / "log"))

    def promote(self) -> None:
        """Have a standby take writes from now on."""
        self._control("promote")

    def say(self, statement: str, name: str = "postgres") -> None:
        engine = create_engine(self.address(name), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def restart(self) -> None:
        self._control("stop", "-m", "fast")
        self.start()

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-w", "-s", "-D", str(self.folder / "data"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root: then it runs as the account its package made.
        subprocess.run(
            [self.programs / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/", **self.account
        )


@contextmanager
def start_postgresql(folder: Path | None = None) -> Iterator[PostgreSQL]:
    """A cluster in `folder` (or a temporary one); skips the test where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs are not installed")
    made = Path(tempfile.mkdtemp(prefix="pg-", dir=folder))
    account = _account(made)
    server = PostgreSQL(folder=made, programs=programs, account=account)
    try:
        server._run(
            "initdb", "-D", str(made / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"
        )
        server.start()
        yield server
    finally:
        with suppress(subprocess.CalledProcessError):
            server.stop()
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def standby_of(primary: PostgreSQL) -> Iterator[PostgreSQL]:
    """A copy of `primary` that follows it and only reads, until it is promoted."""
    made = Path(tempfile.mkdtemp(prefix="pg-"))
    server = PostgreSQL(folder=made, programs=primary.programs, account=_account(made))
    try:
        server._run(
            "pg_basebackup", "-h", str(primary.folder), "-U", "postgres", "-D", str(made / "data"), "-R",
            "--checkpoint=fast", "--wal-method=stream",
        )  # fmt: skip
        server.start()
        yield server
    finally:
        with suppress(subprocess.CalledProcessError):
            server.stop()
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def pgbouncer(server: PostgreSQL, *, sessions: int = 4) -> Iterator[Path]:
    """The folder of a socket behind which `sessions` sessions of `server` are shared, a transaction at a time."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as made:
        folder = Path(made)
        if account := _account(folder):
            folder.chmod(0o755)
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(
            f"[databases]\n* = host={server.folder} user=postgres\n"
            f"[pgbouncer]\nunix_socket_dir = {folder}\nlisten_addr =\nlisten_port = 5432\n"
            f"auth_type = any\npool_mode = transaction\ndefault_pool_size = {sessions}\n",
            encoding="utf-8",
        )
        process = subprocess.Popen([program, "-q", configuration], cwd="/", stderr=subprocess.DEVNULL, **account)
        try:
            until((folder / ".s.PGSQL.5432").exists, what="PgBouncer")
            yield folder
        finally:
            process.kill()
            process.wait()


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: int(each.parent.name))
    if found:
        return found[-1]
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _account(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    postgres = pwd.getpwnam("postgres")
    os.chown(folder, postgres.pw_uid, postgres.pw_gid)
    return {"user": postgres.pw_uid, "group": postgres.pw_gid, "extra_groups": []}
