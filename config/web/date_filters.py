"""Template filters for instants, dates, durations and numbers, in the current language and the region's time zone."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from config.typography import NO_BREAK, unbroken
from config.web.language import FRENCH, current_language, gettext, ngettext


class Clock:
    """Formats instants in the region's time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def moment(self, at: datetime) -> str:
        """ "22 novembre 2026 à 14 h 05", "22 November 2026 at 14:05"; the day and the time are each kept together."""
        joined = gettext("%(day)s à %(time)s")
        return joined % {"day": self.day(at.astimezone(self._zone).date()), "time": self.time(at)}

    def time(self, at: datetime) -> str:
        """ "14 h 05", "14:05"."""
        pattern = "H 'h' mm" if current_language() == FRENCH else "HH:mm"
        return unbroken(format_datetime(at, pattern, tzinfo=self._zone, locale=current_language()))

    def day(self, on: date) -> str:
        """ "1er novembre 2026", "22 November 2026"."""
        return day_in_words(on, current_language()).replace(" ", NO_BREAK, 1)

    def last_day(self, ends_at: datetime) -> str:
        """The day of the last instant before `ends_at`: an access until midnight ends on the day before."""
        return self.day((ends_at - timedelta(microseconds=1)).astimezone(self._zone).date())


def day_in_words(on: date, language: str) -> str:
    """ "1er novembre 2026", "22 November 2026"."""
    text = format_date(on, "d MMMM y", locale=language)
    return text.replace("1 ", "1er ", 1) if language == FRENCH and on.day == 1 else text


def grouped(number: int) -> str:
    """ "70 000", "70,000"."""
    return format_decimal(number, locale=current_language())


def duration(seconds: int) -> str:
    """ "30 secondes", "2 minutes", "72 heures": rounded up, since it is a wait."""
    if seconds >= 7_200 and seconds % 3_600 == 0:
        number = seconds // 3_600
        return unbroken(ngettext("%(number)d heure", "%(number)d heures", number) % {"number": number})
    if seconds <= 90 and seconds % 60:
        number = seconds
        return unbroken(ngettext("%(number)d seconde", "%(number)d secondes", number) % {"number": number})
    number = -(-seconds // 60)
    return unbroken(ngettext("%(number)d minute", "%(number)d minutes", number) % {"number": number})
