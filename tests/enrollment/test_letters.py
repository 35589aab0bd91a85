"""Letters are written in both languages; before an address is verified, no word of a stranger reaches it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from enrollment.letters import LetterKind, letter


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", LetterKind)
def test_every_letter_is_written_in_both_languages(enrollment_settings, kind, language):
    url = "https://inscription.example/verify/token"
    written = letter(
        kind, to="eloise.daubrac@exemple.test", language=language, settings=enrollment_settings,
        reference="INS-2026-004817", url=url, lifetime=timedelta(hours=72),
    )  # fmt: skip
    assert written.subject.startswith(enrollment_settings.region)
    assert not re.search(r"[{}]", written.subject + written.body)
    assert all(len(line) <= 78 for line in written.body.splitlines())
    assert written.body.count("https://") <= 1
    assert written.language == language


@pytest.mark.parametrize(
    ("language", "days", "said"),
    [("fr", 1, "sous un jour ouvré."), ("fr", 3, "sous 3 jours ouvrés."), ("en", 1, "within one working day.")],
)
def test_a_letter_says_within_how_many_working_days_the_answer_comes(enrollment_settings, language, days, said):
    settings = replace(enrollment_settings, announced_working_days=days)
    written = letter(LetterKind.RECEIVED, to="a@exemple.test", language=language, settings=settings)
    assert said in " ".join(written.body.replace("\xa0", " ").split())


def test_a_lifetime_is_said_in_the_unit_that_people_count_in(enrollment_settings):
    def said(lifetime, language):
        written = letter(
            LetterKind.RESUME, to="a@exemple.test", language=language, settings=enrollment_settings, lifetime=lifetime
        )
        return written.body.replace("\xa0", " ")

    assert "expire au bout de 72 heures" in said(timedelta(hours=72), "fr")
    assert "expires after 30 days" in said(timedelta(days=30), "en")
