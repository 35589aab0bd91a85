"""Settings of glibc's memory allocator for the web processes: docs/decisions/argon2-parameters.md.

A password hash allocates its memory as one block. Above the threshold, glibc maps a block
from the kernel, in huge pages (one page fault for two MiB), and returns it at once. Without
the threshold, glibc would keep one block for each thread that ever hashed.
"""

import os
from collections.abc import Mapping
from typing import Final

VARIABLE: Final = "GLIBC_TUNABLES"
TUNABLES: Final = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=8388608"


def with_allocator(environment: Mapping[str, str] | None) -> dict[str, str]:
    """The environment of a web process. GLIBC_TUNABLES in `environment` wins. Only glibc reads the variable."""
    return {VARIABLE: TUNABLES} | dict(os.environ if environment is None else environment)
