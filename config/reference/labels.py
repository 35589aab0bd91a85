"""The label of a code of a table, in the languages of our pages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """The text that pages show for a code."""

    french: str
    english: str

    def text(self, language: str) -> str:
        """The text in `language`, `fr` or `en`."""
        return self.english if language == "en" else self.french
