"""An old key-encryption key can go when everything is sealed anew (config/reencryption.py)."""

import pytest
from sqlalchemy import select, text

from config.encryption import EncryptionError, KeyEncryption, sealed_by
from config.jobs import Job, Jobs
from config.reencryption import reseal, sealed_columns
from idp.migrations.tables import metadata

BOTH = KeyEncryption({"second": b"2" * 32, "first": b"k" * 32})
SECOND = KeyEncryption({"second": b"2" * 32})


@pytest.fixture
def waiting(database, store, encryption):
    """A job sealed by the first key."""
    with database.transaction() as session:
        return Jobs(database, store, encryption).add(session, "greet", {"name": "Jeanne"})


def test_what_the_old_key_sealed_opens_with_the_new_one_alone(database, store, waiting):
    assert reseal(database, BOTH, metadata()) == 1
    assert reseal(database, BOTH, metadata()) == 0
    greeted = []
    jobs = Jobs(database, store, SECOND)
    jobs.register("greet", greeted.append)
    assert jobs.run_due() == 1
    assert greeted == [{"name": "Jeanne"}]


def test_when_one_value_does_not_open_nothing_is_changed(database, store, encryption, waiting):
    with database.transaction() as session:
        other = Jobs(database, store, encryption).add(session, "greet", {})
        session.flush()
        session.execute(text("UPDATE job SET payload = 'sealed1.first.AAAA' WHERE id = :id"), {"id": other})
    with pytest.raises(EncryptionError):
        reseal(database, BOTH, metadata())
    with database.reading() as connection:
        assert sealed_by(connection.execute(select(Job.payload).where(Job.id == waiting)).scalar_one()) == "first"


def test_every_sealed_column_says_what_its_values_are_bound_to():
    """Private keys and payloads; a column of another name that is sealed must be added here."""
    found = {f"{table.name}.{column.name}" for table, column in sealed_columns(metadata())}
    assert {"job.payload", "signing_key.private_key"} <= found
