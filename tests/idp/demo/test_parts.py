"""The programs that the demonstration runs."""

import os
import socket
import sys
from pathlib import Path
from threading import Event

import pytest

from idp.demo.parts import Part, PartProblem, Running, refuse_taken_ports


def a_part(folder: Path, program: str, *, port: int = 0) -> Part:
    return Part(
        name="the part",
        command=[sys.executable, "-c", program],
        host="127.0.0.1",
        port=port,
        address="",
        ready=f"http://127.0.0.1:{port}/",
        journal=folder / "part.log",
    )


def test_a_port_in_use_is_said_with_what_to_do(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PartProblem, match=rf"port {port}, needed by the part, is in use(.|\n)*--first-port"):
            refuse_taken_ports([a_part(tmp_path, "", port=port)])


def test_a_part_that_ends_is_said_with_its_last_words(tmp_path):
    with Running(os.environ) as running, pytest.raises(PartProblem, match=r"status 3(.|\n)*no such file"):
        running.start([a_part(tmp_path, "import sys; print('no such file'); sys.exit(3)", port=9)], until=Event())
