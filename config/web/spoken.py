"""Moments and durations as a page says them, in the language in force and the region's time."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from config.web.language import FRENCH, ngettext, spoken
from config.web.typography import unbroken


class Clock:
    """The time of day where the region is."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def moment(self, at: datetime) -> str:
        """ "22 novembre 2026 à 14 h 05", "22 November 2026 at 14:05"."""
        pattern = "d MMMM y 'à' H 'h' mm" if spoken() == FRENCH else "d MMMM y 'at' HH:mm"
        return format_datetime(at, pattern, tzinfo=self._zone, locale=spoken())

    def time(self, at: datetime) -> str:
        """ "14 h 05", "14:05"."""
        pattern = "H 'h' mm" if spoken() == FRENCH else "HH:mm"
        return unbroken(format_datetime(at, pattern, tzinfo=self._zone, locale=spoken()))

    def day(self, on: date) -> str:
        """ "22 novembre 2026"."""
        return format_date(on, "d MMMM y", locale=spoken())


def duration(seconds: int) -> str:
    """ "30 secondes", "2 minutes": rounded up, since it is a wait."""
    if seconds <= 90 and seconds % 60:
        number = seconds
        return unbroken(ngettext("%(number)d seconde", "%(number)d secondes", number) % {"number": number})
    number = -(-seconds // 60)
    return unbroken(ngettext("%(number)d minute", "%(number)d minutes", number) % {"number": number})
