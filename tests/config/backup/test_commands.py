"""`backup`, `restore` and the commands of the key-encryption key."""

import dataclasses
import shutil
from dataclasses import dataclass, field

import pytest
from click.testing import CliRunner
from sqlalchemy import MetaData

from config.audit.trail import Audit
from config.backup.backup_file import ServiceDatabase
from config.backup.commands import backup, restore
from config.encryption import KeyEncryption, encryption_key_file
from config.encryption_commands import make_encryption_key, rotate_encryption_key
from config.sql.database import Database
from config.sql.versioned_cache import Revisions
from idp.keys.key_ring import Algorithm
from idp.keys.signing_keys import SigningKeys
from idp.migrations import MIGRATIONS
from idp.migrations.tables import metadata
from idp.settings import Settings


@dataclass
class Installation:
    settings: Settings
    database: Database
    tables: MetaData = field(default_factory=metadata)

    @property
    def backed_up(self):
        return ServiceDatabase(service="idp", migrations=MIGRATIONS, tables=self.tables)


@pytest.fixture
def installation(settings, database):
    KeyEncryption.of(settings)
    return Installation(settings, database)


@pytest.fixture
def elsewhere(settings, tmp_path):
    """An installation on a new machine, with a copy of the key-encryption key file."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(encryption_key_file(settings), folder / "key-encryption-key")
    return Installation(dataclasses.replace(settings, data_folder=folder), database=None)


def run(command, installation, *arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments], obj=installation)


def test_a_backup_is_restored_on_another_machine_that_has_the_key(installation, tmp_path, settings, elsewhere):
    made = run(backup, installation, tmp_path / "file")
    assert made.exit_code == 0
    assert KeyEncryption.of(settings).first_id in made.stdout
    restored = run(restore, elsewhere, tmp_path / "file")
    assert restored.exit_code == 0, restored.stderr
    assert "people will log in again" in restored.stdout
    assert run(restore, elsewhere, tmp_path / "file").exit_code == 1


def test_without_the_key_nothing_is_restored_and_no_new_key_is_made(installation, tmp_path, elsewhere):
    run(backup, installation, tmp_path / "file")
    encryption_key_file(elsewhere.settings).unlink()
    refused = run(restore, elsewhere, tmp_path / "file")
    assert refused.exit_code == 1
    assert "key-encryption key file cannot be read" in refused.stderr
    assert list(elsewhere.settings.data_folder.iterdir()) == []


def test_a_backup_into_a_missing_folder_is_refused(installation, tmp_path):
    refused = run(backup, installation, tmp_path / "none" / "file")
    assert refused.exit_code == 1
    assert refused.stderr == f"{tmp_path}/none/file: No such file or directory\n"


def test_an_empty_name_is_wrong_usage(installation):
    """A script whose variable is not set."""
    for command in (backup, make_encryption_key):
        refused = run(command, installation, "")
        assert (refused.exit_code, "must be the name of a file" in refused.stderr) == (2, True)


def test_an_existing_key_file_is_not_overwritten(tmp_path):
    assert run(make_encryption_key, None, tmp_path / "kek").exit_code == 0
    before = (tmp_path / "kek").read_bytes()
    assert run(make_encryption_key, None, tmp_path / "kek").exit_code == 1
    assert (tmp_path / "kek").read_bytes() == before


def test_after_a_rotation_the_old_key_can_be_deleted(installation, settings):
    def keys():
        database = installation.database
        return SigningKeys(
            database, Revisions(database), KeyEncryption.of(settings), Audit(database), host="id.exemple.test"
        )

    before = keys().ring().signing[Algorithm.ES256].as_dict()
    assert run(rotate_encryption_key, installation).exit_code == 0
    file = encryption_key_file(settings)
    file.write_text(file.read_text().splitlines()[0])
    assert keys().ring().signing[Algorithm.ES256].as_dict() == before
