"""Times, days and durations are said as one writes them, and never broken over two lines."""

import html
import re
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import config.web
from config.web.date_filters import Clock, duration, grouped
from config.web.language import ENGLISH, FRENCH, Languages
from tests.idp.page_states import STATES, preview_app

NO_BREAK = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"
CLOCK = Clock(ZoneInfo("Europe/Paris"))
AT = datetime(2026, 11, 1, 12, 42, tzinfo=UTC)


@pytest.fixture(params=[FRENCH, ENGLISH])
def language(request):
    with Languages(Path(config.web.__file__).parent).using_language(request.param):
        yield request.param


@pytest.fixture(scope="module")
def visitor():
    return preview_app().test_client()


def test_a_moment(language):
    assert (
        CLOCK.moment(AT)
        == {
            FRENCH: f"1er{NO_BREAK}novembre 2026 à 13{NO_BREAK}h{NO_BREAK}42",
            ENGLISH: f"1{NO_BREAK}November 2026 at 13:42",
        }[language]
    )


def test_a_time_of_day(language):
    assert CLOCK.time(AT) == {FRENCH: f"13{NO_BREAK}h{NO_BREAK}42", ENGLISH: "13:42"}[language]


def test_a_day(language):
    said = CLOCK.day(date(2026, 11, 11))
    assert said == {FRENCH: f"11{NO_BREAK}novembre 2026", ENGLISH: f"11{NO_BREAK}November 2026"}[language]


@pytest.mark.parametrize(
    ("seconds", "french", "english"),
    [
        (1, "1 seconde", "1 second"),
        (30, "30 secondes", "30 seconds"),
        (61, "61 secondes", "61 seconds"),
        (120, "2 minutes", "2 minutes"),
        (3_600, "60 minutes", "60 minutes"),
        (7_200, "2 heures", "2 hours"),
        (259_200, "72 heures", "72 hours"),
    ],
)
def test_a_duration(language, seconds, french, english):
    assert duration(seconds) == {FRENCH: french, ENGLISH: english}[language].replace(" ", NO_BREAK)


def test_a_large_number(language):
    assert grouped(70_000) == {FRENCH: f"70{NARROW}000", ENGLISH: "70,000"}[language]


BREAKS = re.compile(r"\d (h|min|secondes?|minutes?|heures?)\b|\d \d{3}\b|\bh \d|[«] |[ ][;:!?»]|\w'\w", re.IGNORECASE)


@pytest.mark.parametrize("state", STATES)
def test_nothing_in_a_french_page_breaks_where_it_may_not(visitor, state):
    """Between a number and its unit, in a time, before ; : ! ? and inside quotation marks; apostrophes are curled."""
    page = visitor.get(f"/page/{state}", headers={"Accept-Language": "fr"}).text
    main = page[page.index("<main") : page.index("</main>")]
    words = html.unescape(
        re.sub(r"<[^>]+>", "|", re.sub(r"<(p class=.body.|dd class=.code).*?</(p|dd)>", "", main, flags=re.DOTALL))
    )

    assert BREAKS.findall(words) == []
