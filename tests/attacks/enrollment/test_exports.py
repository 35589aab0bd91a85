"""What a person types in a request never becomes a formula in the spreadsheet of an operator."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from config.audit.trail import AuditEvent
from enrollment.office.queue import PAGE_SIZE
from enrollment.office.spreadsheet import as_text, csv_line
from enrollment.requests.vocabulary import PartKind
from tests.builders.enrollment import a_part, a_request
from tests.enrollment.office.conftest import signed_in

__all__ = ["signed_in"]

FORMULA = '=HYPERLINK("https://voleur.exemple.test","Cliquez")'


def exported(enrollment, browser, query=""):
    answer = browser.asks(f"{enrollment.address}/office/export.csv{query}")
    assert (answer.status_code, answer.content_type) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline=""), delimiter=";"))


@pytest.mark.parametrize(
    "start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A()"]
)
def test_a_field_that_a_spreadsheet_would_compute_begins_with_an_apostrophe(start):
    [[field]] = csv.reader(io.StringIO(csv_line([start]), newline=""), delimiter=";")
    assert field == "'" + start


@pytest.mark.parametrize("text", ["", "Éloïse", "d’Aubrac", "1-2", "a=b", "'quoted"])
def test_other_texts_stay_as_they_are(text):
    assert as_text(text) == text


def test_a_separator_or_a_line_end_opens_no_other_field():
    [fields] = csv.reader(io.StringIO(csv_line(["a;=1", 'b"\r\n=2', "c"]), newline=""), delimiter=";")
    assert fields == ["a;=1", 'b"\r\n=2', "c"]


def test_no_field_of_the_export_is_computed(enrollment, signed_in):
    with enrollment.services.database.transaction() as session:
        a_request(
            session,
            title="",
            given_name=FORMULA,
            family_name="@x",
            profession="=2",
            target_application="-dcc",
            assigned_to="sub",
            assigned_name="+33",
            parts=[a_part(PartKind.COMMUNITY, "=cmd|' /C calc'!A0")],
        )
    _header, line = exported(enrollment, signed_in("auditor"))
    assert line[1] == f"'{FORMULA} @x"
    assert not [field for field in line if field.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_the_export_is_the_whole_view_and_the_trail_names_no_person(enrollment, signed_in):
    now = datetime.now(UTC)
    with enrollment.services.database.transaction() as session:
        for _each in range(PAGE_SIZE + 2):
            a_request(session, begun=now)
        a_request(session, family_name="Lefèvre", given_name="Zoé", begun=now)
    browser = signed_in("approver")
    assert len(exported(enrollment, browser)) == 1 + PAGE_SIZE + 3
    assert len(exported(enrollment, browser, "?q=Lef%C3%A8vre&state=pending")) == 2
    with enrollment.services.database.reading() as connection:
        details = [json.loads(each) for each in connection.scalars(select(AuditEvent.detail).order_by(AuditEvent.id))]
    assert [(each.get("state"), each.get("searched")) for each in details] == [(None, None), ("pending", "yes")]
    assert "Lef" not in str(details)
    assert enrollment.trail() == ["queue.exported"] * 2


@pytest.mark.parametrize("roles", [(), ("root",)], ids=["without a role", "with an unknown role"])
def test_a_person_without_a_role_exports_nothing(enrollment, signed_in, roles):
    assert signed_in(*roles).asks(f"{enrollment.address}/office/export.csv").status_code == 403
    assert enrollment.trail() == []
