"""The two password policies, and the faults that they find.

`cnil-2022` follows CNIL deliberation 2022-100 for a password alone (80 bits): long or varied, not a common word, and
never expired without a reason. `legacy-ideosso` follows the original guide: a password expires after four months, and
must differ from the two before. Both refuse passwords that are guessed first.

`passwords.py` compares with previous passwords, since that needs their hashes.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files

from config.reference.names import without_accents
from idp.settings import PasswordPolicyName, Settings

CEILING = 1_024  # characters: enough for any passphrase, and cheap to process

_SHORTEST_WITH_FOUR_KINDS = 12
_SHORTEST_WITH_THREE_KINDS = 14
_WORDS_OF_A_PASSPHRASE = 7
_SHORTEST_PASSPHRASE = 20
_SHORTEST_LEGACY = 8
_FEWEST_DIFFERENT_CHARACTERS = 6
_SHORTEST_PERSONAL_WORD = 4
_LOOKALIKES = str.maketrans("013457@$!€", "oieastasie")


class PolicyFault(StrEnum):
    """Why a password is refused; the page has a sentence for each."""

    TOO_LONG = "password.too-long"
    TOO_SHORT = "password.too-short"
    TOO_SIMPLE = "password.too-simple"
    REPETITIVE = "password.repetitive"
    COMMON = "password.common"
    PERSONAL = "password.personal"
    UNPRINTABLE = "password.unprintable"
    REUSED = "password.reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordOwner:
    """The owner's names and identifiers, which a password must not contain."""

    login: str
    given_name: str
    family_name: str
    email: str
    national_id: str | None

    def personal_words(self) -> Iterator[str]:
        for text in (self.login, self.given_name, self.family_name, self.email.partition("@")[0]):
            yield re.sub(r"[^a-z0-9]", "", without_accents(text))
            yield from re.split(r"[^a-z0-9]+", without_accents(text))
        if self.national_id:
            yield without_accents(self.national_id)
            yield without_accents(self.national_id[1:])  # the number alone, without the digit of its type


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """The rules of one installation.

    `lifetime` is None when passwords do not expire. A new password must differ from the last `remembered` ones, the
    current one included.
    """

    name: PasswordPolicyName
    lifetime: timedelta | None
    remembered: int
    region_words: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> "PasswordPolicy":
        legacy = settings.password_policy is PasswordPolicyName.LEGACY_IDEOSSO
        return cls(
            name=settings.password_policy,
            lifetime=settings.password_lifetime if legacy else None,
            remembered=settings.password_history if legacy else 1,
            region_words=frozenset(_words(settings.region)) | {"poterne"},
        )

    def rules(self) -> tuple[str, ...]:
        """The codes of the rules that the page shows beside the field."""
        if self.lifetime is None:
            return ("rule.length", "rule.not-personal", "rule.not-common", "rule.not-current")
        return (
            "rule.legacy-length",
            "rule.not-personal",
            "rule.not-common",
            "rule.not-previous",
            "rule.legacy-lifetime",
        )

    def faults(self, password: str, owner: PasswordOwner) -> tuple[PolicyFault, ...]:
        """Every fault of a password that can be found without hashes."""
        prepared = normalised(password)
        return (PolicyFault.TOO_LONG,) if prepared is None else tuple(self._faults(prepared, owner))

    def _faults(self, password: str, owner: PasswordOwner) -> Iterator[PolicyFault]:
        if any(unicodedata.category(character) in ("Cc", "Cn", "Cs") for character in password):
            yield PolicyFault.UNPRINTABLE
        if fault := self._weakness(password):
            yield fault
        elif len(set(password)) < _FEWEST_DIFFERENT_CHARACTERS:
            yield PolicyFault.REPETITIVE
        if _contains_any(password, owner.personal_words()):
            yield PolicyFault.PERSONAL
        if _is_common(password, self.region_words):
            yield PolicyFault.COMMON

    def _weakness(self, password: str) -> PolicyFault | None:
        if self.name is PasswordPolicyName.LEGACY_IDEOSSO:
            return PolicyFault.TOO_SHORT if len(password) < _SHORTEST_LEGACY else None
        if _is_passphrase(password):
            return None
        if len(password) < _SHORTEST_WITH_FOUR_KINDS:
            return PolicyFault.TOO_SHORT
        kinds = _kinds(password)
        strong = kinds == 4 or (kinds == 3 and len(password) >= _SHORTEST_WITH_THREE_KINDS)
        return None if strong else PolicyFault.TOO_SIMPLE


def normalised(password: str) -> str | None:
    """The password in NFKC (NIST SP 800-63B section 5.1.1.2), or None when it is longer than the ceiling.

    One character can become eighteen, so the length is checked before and after.
    """
    if len(password) > CEILING:
        return None
    composed = unicodedata.normalize("NFKC", password)
    return composed if len(composed) <= CEILING else None


def _kinds(password: str) -> int:
    """How many of lowercase letters, capitals, digits and other characters are present."""
    return sum(
        (
            any(character.islower() for character in password),
            any(character.isupper() for character in password),
            any(character.isdigit() for character in password),
            any(not character.isalnum() for character in password),
        )
    )


def _is_passphrase(password: str) -> bool:
    words = {word for word in re.split(r"[\W\d_]+", password.casefold()) if len(word) > 1}
    return len(words) >= _WORDS_OF_A_PASSPHRASE and len(password) >= _SHORTEST_PASSPHRASE


def _words(text: str) -> Iterator[str]:
    return (word for word in re.split(r"[^a-z]+", without_accents(text)) if len(word) >= 3)


def _spellings(password: str) -> tuple[str, str]:
    """The letters and digits of a password: as they are, and with look-alikes such as `0` and `@` read as letters."""
    plain = without_accents(password)
    return re.sub(r"[^a-z0-9]", "", plain), re.sub(r"[^a-z0-9]", "", plain.translate(_LOOKALIKES))


def _contains_any(password: str, words: Iterator[str]) -> bool:
    telling = {word for word in words if len(word) >= _SHORTEST_PERSONAL_WORD}
    return any(word in spelling for spelling in _spellings(password) for word in telling)


def _is_common(password: str, region_words: Collection[str]) -> bool:
    """Whether the letters of a password are a common word, whatever surrounds them (`M0tdepasse-2026!`)."""
    for spelling in _spellings(password):
        if spelling in common_passwords():
            return True
        spelled = re.sub(r"[^a-z]", "", spelling)
        rest = _common_words(frozenset(region_words)).sub("", spelled)
        if rest != spelled and len(rest) < _SHORTEST_PERSONAL_WORD:
            return True
    return False


@cache
def common_passwords() -> frozenset[str]:
    """The blocklist, one folded word a line, made by us (docs/decisions, password blocklist)."""
    lines = files("idp.accounts").joinpath("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def _common_words(region_words: frozenset[str]) -> re.Pattern[str]:
    words = {word for word in common_passwords() if word.isalpha()} | region_words
    return re.compile("|".join(sorted(words, key=len, reverse=True)))
