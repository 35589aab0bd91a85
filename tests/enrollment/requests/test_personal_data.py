"""The personal data of a request are all known (enrollment/requests/personal_data.py)."""

import pytest

from enrollment.requests import models, personal_data
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.personal_data import DELETED, EMPTIED, KEPT, WITHHELD, WORDS_EMPTIED

OF_A_REQUEST = [
    table
    for table in EnrollmentRequest.metadata.sorted_tables
    if table.name == "enrollment_request" or "request_id" in table.columns or "part_id" in table.columns
]


def test_every_column_of_a_request_is_kept_or_emptied():
    columns = set(EnrollmentRequest.__table__.columns.keys())
    assert columns == KEPT | set(EMPTIED)
    assert not KEPT & set(EMPTIED)


def test_every_other_table_of_a_request_is_deleted_or_said_to_stay():
    deleted = {table.__tablename__ for table in DELETED}
    assert {table.name for table in OF_A_REQUEST} == deleted | {"enrollment_request", "request_part", "part_vote"}


def test_what_a_part_says_of_the_person_is_emptied():
    decision = {"id", "request_id", "kind", "name", "decision", "refusal_code", "role", "starts_at", "ends_at"}
    decision |= {"wanted_role", "decided_at"}
    assert set(models.RequestPart.__table__.columns.keys()) == decision | set(WORDS_EMPTIED)


@pytest.mark.parametrize("table", OF_A_REQUEST, ids=lambda table: table.name)
def test_what_an_export_withholds_exists_and_no_secret_is_told(table):
    columns = set(table.columns.keys())
    withheld = WITHHELD.get(table.name, frozenset())
    assert withheld <= columns
    assert {column for column in columns if column.endswith("_hash")} <= withheld
    assert personal_data.NEVER_VERIFIED
