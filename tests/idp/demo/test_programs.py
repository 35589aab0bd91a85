"""The programs that the demonstration runs."""

import os
import socket
import sys
from pathlib import Path
from threading import Event

import pytest

from idp.demo.programs import Program, ProgramError, RunningPrograms, refuse_used_ports


def a_program(folder: Path, program: str, *, port: int = 0) -> Program:
    return Program(
        name="the program",
        command=[sys.executable, "-c", program],
        host="127.0.0.1",
        port=port,
        address="",
        ready_address=f"http://127.0.0.1:{port}/",
        journal=folder / "program.log",
    )


@pytest.mark.slow
def test_the_error_names_the_port_in_use_and_the_remedy(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ProgramError, match=rf"port {port}, needed by the program, is in use(.|\n)*--first-port"):
            refuse_used_ports([a_program(tmp_path, "", port=port)])


@pytest.mark.slow
def test_the_error_has_the_last_lines_of_a_program_that_ended(tmp_path):
    with RunningPrograms(os.environ) as running, pytest.raises(ProgramError, match=r"status 3(.|\n)*no such file"):
        running.start([a_program(tmp_path, "import sys; print('no such file'); sys.exit(3)", port=9)], until=Event())
