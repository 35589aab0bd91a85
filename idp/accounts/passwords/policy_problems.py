"""The problems of a password that the policy refuses, in words for operators."""

from collections.abc import Sequence

from idp.accounts.passwords.policies import CEILING, PolicyFault

PROBLEMS = {
    PolicyFault.TOO_LONG: f"is longer than {CEILING} characters",
    PolicyFault.TOO_SHORT: "is too short",
    PolicyFault.TOO_SIMPLE: "is too simple: make it longer, or mix more kinds of characters",
    PolicyFault.REPETITIVE: "repeats the same characters too often",
    PolicyFault.COMMON: "is too common: it would soon be guessed",
    PolicyFault.PERSONAL: "contains the person's login, name, e-mail address or identifier",
    PolicyFault.UNPRINTABLE: "contains a character that cannot be typed",
    PolicyFault.REUSED: "has been used for this account before",
}


def password_problems(faults: Sequence[PolicyFault]) -> list[str]:
    """One sentence for each fault, with the fault's word for programs."""
    return [f"password: {PROBLEMS[fault]} ({fault})" for fault in faults]
