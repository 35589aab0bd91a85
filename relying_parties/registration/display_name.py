"""A text for people, in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DisplayName:
    """A name for people, in French and in English."""

    fr: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language.startswith("en") else self.fr
