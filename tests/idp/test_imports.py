"""Long-running processes import only the libraries that they need: each import costs memory."""

import subprocess
import sys

import pytest

LOADED = "import sys; print(' '.join(sys.modules))"


def loaded_by(statement: str) -> set[str]:
    command = [sys.executable, "-c", f"{statement}; {LOADED}"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.slow
@pytest.mark.parametrize("commands", ["idp.commands", "enrollment.commands"])
def test_the_supervisor_needs_no_database_no_pages_and_no_protocol(commands: str) -> None:
    unwanted = {"alembic", "argon2", "flask", "granian", "gunicorn", "lxml", "oic", "pyop", "saml2", "sqlalchemy"}
    assert not loaded_by(f"import {commands}, config.server.supervisor, config.server.web") & unwanted


@pytest.mark.slow
@pytest.mark.parametrize("commands", ["idp.commands", "enrollment.commands"])
def test_a_program_that_ends_without_an_error_imports_no_error_to_compare_it_with(commands: str) -> None:
    """A supervisor that stops, too."""
    ended = f"import atexit, sys; from {commands} import main; atexit.register(lambda: print(' '.join(sys.modules)))"
    command = [sys.executable, "-c", f"{ended}; main()", "--version"]
    loaded = set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert "config.service_commands" in loaded
    assert not loaded & {"alembic", "flask", "sqlalchemy"}


@pytest.mark.slow
def test_the_jobs_import_no_protocol_library_at_start() -> None:
    jobs = "import config.server.job_runner, idp.container.services, idp.container.logout, idp.saml.sp_metadata.service"
    assert not loaded_by(jobs) & {"alembic", "granian", "oic", "pyop", "requests", "saml2.saml"}
