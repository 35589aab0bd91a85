"""What every letter of enrollment has: a subject that begins with the region, and the help desk in its last line."""

from typing import Final

from config.typography import set_in_english, set_in_french, unbroken
from enrollment.settings import EnrollmentSettings

_HELP: Final = {"fr": "Assistance : {contacts}\n", "en": "Help desk: {contacts}\n"}
_SUBJECT: Final = {"fr": "{region} : {subject}", "en": "{region}: {subject}"}


def subject_line(subject: str, language: str, settings: EnrollmentSettings) -> str:
    """The subject of a letter: the region, then what the letter is about."""
    typeset = set_in_english if language == "en" else set_in_french
    return typeset(_SUBJECT[language]).format(region=settings.region, subject=subject)


def help_footer(language: str, settings: EnrollmentSettings) -> str:
    """The last line of a letter: how the help desk is reached; "" when the settings name none."""
    contacts = ", ".join(filter(None, (unbroken(settings.support_phone), settings.support_email)))
    typeset = set_in_english if language == "en" else set_in_french
    return "\n" + typeset(_HELP[language]).format(contacts=contacts) if contacts else ""
