"""Whose process is at the other end: the table of the kernel, and real processes of two users."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from card_bridge.workstation.peer import is_another_user, users_of
from tests.ports import free_port

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:415B 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:D431 0100007F:415B 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 20 4 30 10 -1
   2: 0100007F:415B 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 30 10 -1
"""


@pytest.mark.skipif(sys.byteorder != "little", reason="the table above is of a little-endian machine")
def test_the_socket_of_the_peer_is_found_and_no_other():
    assert users_of(TABLE, local=0xD431, remote=0x415B) == {1001}
    assert users_of(TABLE, local=0x415B, remote=0xD431) == {1000}
    assert users_of(TABLE, local=0xD432, remote=0x415B) == set()


@pytest.mark.parametrize("table", ["", "nonsense", "sl\n a b", "sl\n" + "x " * 20])
def test_another_table_tells_nothing(table):
    assert users_of(table, local=1, remote=2) == set()


def test_a_connection_of_this_user_is_ours_and_an_unknown_one_is_not():
    with (
        socket.create_server(("127.0.0.1", free_port())) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        environ = {"REMOTE_PORT": str(client.getsockname()[1]), "SERVER_PORT": str(server.getsockname()[1])}
        assert is_another_user(environ) is False
        assert is_another_user(environ | {"REMOTE_PORT": "1"}) is True
    assert is_another_user({}) is True


CLIENT = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
connection.request("POST", "/v1/status", "{}", {"Origin": "https://id.example", "X-Poterne-Card": "1",
    "Content-Type": "application/json"})
print(connection.getresponse().status)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="needs to start a process of another user")
def test_a_program_of_another_user_is_denied(bridge):
    """A terminal server: everybody reaches 127.0.0.1."""
    program = shutil.which("setpriv")
    assert program
    nobody = [program, "--reuid=65534", "--regid=65534", "--clear-groups"]
    for command, status in (([], "200"), (nobody, "403")):
        python = [*command, "/usr/bin/python3", "-c", CLIENT, str(bridge.port)]
        answer = subprocess.run(python, capture_output=True, text=True, check=True, cwd=Path("/"))
        assert answer.stdout.strip() == status


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="needs to start a process of another user")
def test_a_process_whose_memory_is_closed_still_reads_the_table():
    """proc(5): the files of such a process belong to root, which an ordinary user is not."""
    root = Path(__file__).parents[3]
    code = (
        "from card_bridge.workstation.process_hardening import harden_process, is_hardened\n"
        "from pathlib import Path\n"
        "harden_process(); print(is_hardened(), len(Path('/proc/net/tcp').read_text()) > 0)\n"
    )
    program = shutil.which("setpriv")
    assert program
    command = [program, "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    assert answer.stdout.strip() == "True True", answer.stderr
