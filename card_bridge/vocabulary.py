"""The kinds of cards and their environments, in the words of the national nomenclatures (NOS) and of settings."""

from enum import IntEnum, StrEnum


class CardType(IntEnum):
    """TRE_G02."""

    CPS = 0
    CPF = 1
    CPE = 2
    CPA = 3


class CardEnvironment(StrEnum):
    """The two environments of IGC-Santé: the cards in use, and those for tests."""

    REAL = "real"
    TEST = "test"
