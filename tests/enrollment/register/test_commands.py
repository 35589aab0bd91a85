"""`enrollment register ...` says what it did, and what is wrong with a file (enrollment/register/commands.py)."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from click.testing import CliRunner

from config.commands import ExitCode
from config.sql.database import Database
from enrollment.register.commands import register
from enrollment.register.register import STALE_AFTER
from tests.builders.register import NAME, a_line, colleagues, write_extract

PUBLISHED = datetime(2026, 11, 28, 7, 42, tzinfo=UTC)


@pytest.fixture
def enrollment_register(enrollment_database: Database):
    """`enrollment register ...`"""
    return lambda *arguments: CliRunner().invoke(
        register, [str(argument) for argument in arguments], obj=SimpleNamespace(database=enrollment_database)
    )


def test_before_the_first_import_there_is_no_register_and_the_command_is_named(enrollment_register):
    answer = enrollment_register("status")
    assert answer.exit_code == ExitCode.NOT_FOUND
    assert "enrollment register import FILE" in answer.stderr


def test_an_import_says_what_the_register_is_now(enrollment_register, tmp_path):
    enrollment_register("import", write_extract(tmp_path, colleagues(10)))
    done = enrollment_register("import", write_extract(tmp_path, [a_line(), *colleagues(10)]))
    assert done.exit_code == ExitCode.DONE
    assert done.stdout == f"The register is that of {NAME}: 11 lines.\nIt replaces one of 10 lines.\n"


def test_lines_that_were_left_out_are_told(enrollment_register, tmp_path):
    done = enrollment_register("import", write_extract(tmp_path, [*colleagues(1_500), "a|b", a_line()]))
    assert "1 of them could not be read, and were left out." in done.stdout


def test_a_refusal_is_one_sentence_that_says_what_to_do(enrollment_register, tmp_path):
    enrollment_register("import", write_extract(tmp_path, colleagues(10)))
    refused = enrollment_register("import", write_extract(tmp_path, colleagues(1)))
    assert (refused.exit_code, refused.stdout) == (ExitCode.REFUSED, "")
    assert refused.stderr.endswith("add --accept-fewer.\n")
    done = enrollment_register("import", "--accept-fewer", write_extract(tmp_path, colleagues(1)))
    assert done.exit_code == ExitCode.DONE


def test_a_file_that_is_not_there_is_wrong_usage(enrollment_register, tmp_path):
    assert enrollment_register("import", tmp_path / "nothing.zip").exit_code == ExitCode.USAGE


def test_in_json_both_answers_and_problems_are(enrollment_register, tmp_path):
    done = enrollment_register("import", "--json", write_extract(tmp_path, colleagues(3)))
    assert (json.loads(done.stdout)["lines"], json.loads(done.stdout)["lines_before"]) == (3, None)
    status = json.loads(enrollment_register("status", "--json").stdout)
    assert (status["source"], status["published_at"]) == (NAME, PUBLISHED.isoformat())
    refused = enrollment_register("import", "--json", write_extract(tmp_path, []))
    assert json.loads(refused.stderr)["error"] == "extract.refused"


@pytest.mark.parametrize(("age", "is_old"), [(timedelta(days=3), False), (STALE_AFTER + timedelta(days=1), True)])
def test_the_status_says_how_old_the_register_is(enrollment_register, tmp_path, age, is_old):
    enrollment_register("import", write_extract(tmp_path, colleagues(3)))
    with time_machine.travel(PUBLISHED + age, tick=False):
        status = enrollment_register("status")
    assert f"2026-11-28 07:42 UTC ({age.days} days ago)" in status.stdout
    assert ("import a newer one" in status.stderr) is is_old
