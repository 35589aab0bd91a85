"""What a service and the demonstration write is their user's alone, wherever it is put and whatever the umask."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.redis.embedded import socket_path
from config.settings_reader import read
from config.sql.database import SQLITE_FILE, Database
from idp.settings import Settings
from tests.conftest import DEVELOPMENT
from tests.idp.demo.test_command import a_demonstration, first_port, output_until
from tests.outages.service import Service

__all__ = ["first_port"]

# Each character that means something in an address, a command line or a settings file; one that is misread is enough
# to lead elsewhere.
NAMES = ["file:données ?mode=ro", "100% %2e%2e a#b quo\"ted \\ and 'single'"]


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    found = [folder, *folder.rglob("*")]
    return [f"{path} {mode:04o}" for path in found if (mode := stat.S_IMODE(path.lstat().st_mode)) & 0o077]


@pytest.mark.parametrize("name", NAMES)
def test_a_service_keeps_its_files_in_its_folder_and_to_itself(new_service, tmp_path, open_umask, name):
    above = tmp_path / "above"
    above.mkdir(mode=0o700)
    folder = above / name
    service: Service = new_service(folder=folder)
    (folder / "idp.log").touch(0o600)  # what the test sends its output to
    service.start()
    browser = service.anyone()
    browser.visits(f"{service.issuer}/login")
    service.idp("account", "create", "--given-name", "Zoé", "--family-name", "Lenoir", "--email", "z@exemple.test",
                "--mail-link")  # fmt: skip
    service.idp("backup", str(folder / "poterne.backup"))
    seen = open_to_others(above)
    service.stop()
    assert (folder / SQLITE_FILE).stat().st_size > 0
    assert {path.name for path in above.iterdir()} == {name}
    assert seen == []
    assert open_to_others(above) == []
    assert open_to_others(socket_path(service.settings).parent) == []


@pytest.mark.parametrize("name", NAMES[:1])
def test_the_demonstration_keeps_its_files_to_itself(tmp_path, open_umask, first_port, name):
    folder = tmp_path / name
    with a_demonstration(folder, first_port) as process:
        output_until(process, "Ctrl-C")
        seen = open_to_others(folder)
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert {path.name for path in tmp_path.iterdir()} == {name}
    assert seen == []
    assert open_to_others(folder) == []


def test_a_database_that_others_could_read_is_closed_to_them(tmp_path, open_umask):
    (tmp_path / SQLITE_FILE).touch(0o666)
    given = DEVELOPMENT | {"data_folder": str(tmp_path)}
    database = Database.open(read(Settings, file=None, variables={}, given=given))
    with database.transaction() as session:
        session.connection().exec_driver_sql("CREATE TABLE t (n)")
        assert open_to_others(tmp_path) == []
    database.close()
