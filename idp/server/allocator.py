"""How glibc gives memory to the web processes: docs/decisions/argon2-parameters.md.

A password hash takes its memory in one piece. Above this threshold, a piece is mapped
from the kernel and goes back to it at once, in huge pages: one page fault for two
MiB. Without the threshold, glibc would keep a piece for each thread that ever hashed.
"""

import os
from collections.abc import Mapping
from typing import Final

VARIABLE: Final = "GLIBC_TUNABLES"
TUNABLES: Final = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=8388608"


def with_allocator(environment: Mapping[str, str] | None) -> dict[str, str]:
    """The environment for a web process; an operator's own GLIBC_TUNABLES wins. C libraries but glibc ignore it."""
    return {VARIABLE: TUNABLES} | dict(os.environ if environment is None else environment)
