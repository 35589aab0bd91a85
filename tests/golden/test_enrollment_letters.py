"""Every letter that enrollment sends, as a person reads it: a change of a word is seen in the golden file."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.mail import Letter
from config.settings_reader import read
from enrollment.decision_letters import lapse_letter, more_asked_letter, refusal_letter, waiting_letter
from enrollment.invitations.letter import invitation_letter
from enrollment.letters import LetterKind, letter
from enrollment.requests.models import EnrollmentRequest, Invitation
from enrollment.settings import EnrollmentSettings
from tests.fixtures.enrollment import ENROLLMENT_DEVELOPMENT

ADDRESS = "http://127.0.0.1:8401"
URL = f"{ADDRESS}/link/abc"
TO = "eloise.daubrac@exemple.test"
REFERENCE = "INS-2026-004817"
UNTIL = datetime(2026, 12, 13, 22, 59, tzinfo=UTC)
SAYS: dict[str, dict[str, str]] = {
    "fr": {
        "account": "votre compte",
        "refused": "Le numéro RPPS indiqué n’est pas le vôtre.",
        "refused_too": "Le motif indiqué ne correspond pas à l’usage de cette application.",
        "words": "Écrivez-nous si c’est une erreur.",
        "asked": "Le téléphone indiqué ne répond pas : pouvez-vous le corriger ?",
    },
    "en": {
        "account": "your account",
        "refused": "The RPPS number is not yours.",
        "refused_too": "The reason given does not match the use of this application.",
        "words": "Write to us if this is a mistake.",
        "asked": "Nobody answers at this telephone number: could you correct it?",
    },
}


@pytest.fixture
def settings(tmp_path) -> EnrollmentSettings:
    given: dict[str, Any] = ENROLLMENT_DEVELOPMENT | {
        "address": ADDRESS,
        "data_folder": str(tmp_path),
        "region": "Santé Val d’Amont",
        "support_phone": "02 61 91 00 00",
        "support_email": "assistance@exemple.test",
    }
    return read(EnrollmentSettings, file=None, variables={}, given=given)


def letters(language: str, settings: EnrollmentSettings) -> list[Letter]:
    says = SAYS[language]
    request = EnrollmentRequest(reference=REFERENCE, email=TO, language=language)
    refused = [((says["account"], "Onco Centre"), says["refused"]), (("DCC",), says["refused_too"])]
    invitation = Invitation(email=TO, language=language, operator_name="Camille Ferrand", ends_at=UNTIL)
    about = [
        letter(
            kind,
            to=TO,
            language=language,
            settings=settings,
            reference=REFERENCE,
            url=URL,
            lifetime=timedelta(hours=72),
        )
        for kind in LetterKind
    ]
    return [
        *about,
        more_asked_letter(request, says["asked"], UNTIL, URL, settings),
        refusal_letter(request, refused, says["words"], URL, settings),
        refusal_letter(request, refused, "", URL, settings),
        lapse_letter(request, settings),
        invitation_letter(invitation, URL, settings),
    ]


def written(letter: Letter) -> str:
    """A letter with its narrow and its wide no-break spaces shown, as nobody sees them otherwise."""
    shown = f"To: {letter.to}\nSubject: {letter.subject}\nKind: {letter.kind}\n\n{letter.body}"
    return shown.replace("\u202f", "\u2423").replace("\xa0", "\u2423")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_letters_of_enrollment(is_golden, settings, language):
    sent = letters(language, settings)
    is_golden(f"enrollment-letters-{language}.txt", f"{'-' * 72}\n".join(map(written, sent)))


def test_the_letter_to_operators(is_golden, settings):
    sent = waiting_letter([REFERENCE, "INS-2026-004820"], "operateurs@exemple.test", settings)
    is_golden("enrollment-letter-to-operators.txt", written(sent))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_line_is_longer_than_a_screen_of_mail_and_no_place_is_left_empty(settings, language):
    for sent in letters(language, settings):
        assert all(len(line) <= 78 for line in sent.body.splitlines()), sent
        assert "{" not in sent.subject + sent.body
        assert "\n\n\n" not in sent.body, sent.kind
