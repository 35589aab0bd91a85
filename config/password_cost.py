"""The least that a password hash may cost: OWASP's Password Storage Cheat Sheet, Argon2id, equal in strength."""

from typing import Final

FLOOR: Final = ((47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5))
"""KiB of memory, and passes: at least one of these pairs must be reached."""


def is_below_floor(*, memory: int, iterations: int) -> bool:
    """Whether these settings make a stolen hash cheaper to guess than OWASP allows."""
    return not any(memory >= least and iterations >= passes for least, passes in FLOOR)


def floor_in_words() -> str:
    return " or ".join(f"{memory} with {iterations}" for memory, iterations in FLOOR)
