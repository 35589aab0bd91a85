"""A backup of a live installation, restored elsewhere by the real commands: people log in there."""

import shutil

import pytest

from config.commands import ExitCode
from config.encryption import DEVELOPMENT_FILE
from tests.outages.conftest import AT


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def elsewhere(request, new_service, tmp_path):
    """A new installation, on nothing: another folder, or a database server."""
    folder = tmp_path / "elsewhere"
    if request.param == "sqlite":
        yield new_service(empty=True, folder=folder)
        return
    with request.getfixturevalue("postgresql").empty_database("elsewhere") as url:
        service = new_service(empty=True, folder=folder, database_url=url)
        yield service
        service.kill()


def test_a_backup_restored_elsewhere_opens_the_same_accounts_and_applications(
    service, elsewhere, dcc, jeanne, furnished, tmp_path
):
    before = dcc.signs_in(service.anyone().logs_in(jeanne, to=dcc))
    backup = tmp_path / "poterne.backup"
    service.idp("backup", backup)  # while it serves
    service.kill()

    refused = elsewhere.begins("restore", backup)
    _, complained = refused.communicate()
    assert refused.returncode == ExitCode.REFUSED, "it was restored without the key-encryption key"
    assert DEVELOPMENT_FILE in complained

    shutil.copy(service.folder / DEVELOPMENT_FILE, elsewhere.folder / DEVELOPMENT_FILE)  # it was kept apart
    elsewhere.idp("restore", backup)
    elsewhere.start()
    same = elsewhere.application("dcc", furnished.secrets["dcc"], at=AT["dcc"])
    after = same.signs_in(elsewhere.anyone().logs_in(jeanne, to=same))
    assert after.subject == before.subject
    assert "backup.restored" in elsewhere.idp("audit", "list")
    elsewhere.idp("audit", "verify")
