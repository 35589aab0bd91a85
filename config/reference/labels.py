"""The words for one code of a table, in the languages that pages have."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """What people read in place of a code."""

    french: str
    english: str

    def said(self, language: str) -> str:
        """The words in `language`, `fr` or `en`."""
        return self.english if language == "en" else self.french
