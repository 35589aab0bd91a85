"""The memory of each password hash is returned to the system (idp/accounts/passwords/allocator.py)."""

import os
import platform
import subprocess
import sys

import pytest

from idp.accounts.passwords.allocator import TUNABLES, VARIABLE, with_allocator

HASHES = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from idp.settings import Settings
from idp.accounts.passwords.hashing import Argon2Parameters, PasswordHashing

def held():
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1])

settings = Settings.load(
    environment={}, issuer="https://id.example", mail_from="id@id.example", key_encryption_key_file="kek"
)
hashing, stored = PasswordHashing(settings), Argon2Parameters.of(settings).hash_of_nothing()
hashing.matches(stored, "once")
before = held()
with ThreadPoolExecutor(4) as threads:
    list(threads.map(lambda _: hashing.matches(stored, "again"), range(16)))
    print(held() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the variable is glibc's")
def test_threads_that_have_hashed_keep_no_memory_of_it():
    environment = with_allocator({name: value for name, value in os.environ.items() if name != VARIABLE})
    ran = subprocess.run([sys.executable, "-c", HASHES], env=environment, capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 19_456 / 2, "KiB, after four threads; one would keep 19,456"


def test_a_variable_set_by_the_operator_wins():
    assert with_allocator({})[VARIABLE] == TUNABLES
    assert with_allocator({VARIABLE: "glibc.malloc.arena_max=1", "A": "b"}) == {
        VARIABLE: "glibc.malloc.arena_max=1",
        "A": "b",
    }
