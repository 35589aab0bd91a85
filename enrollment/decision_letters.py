"""The letters of operators to a person: a refusal, a question, a request that has lapsed. Operators' words go in as
they are; the rest is typeset.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from config.mail import Letter
from config.typography import set_in_english, set_in_french, unbroken
from config.web.date_filters import day_in_words
from enrollment.letter_frame import help_footer, subject_line
from enrollment.requests.models import EnrollmentRequest
from enrollment.settings import EnrollmentSettings

_MOST_LISTED = 50

_REFUSED = {
    "fr": (
        "Réponse à votre demande {reference}",
        """\
Bonjour,

Votre demande {reference} a été étudiée. Elle n'est pas acceptée, en tout
ou en partie :

{refusals}{words}Pour lire la réponse complète, ouvrez cette page :

{url}

Vous pouvez faire une nouvelle demande à tout moment : {address}
""",
    ),
    "en": (
        "Answer to your request {reference}",
        """\
Hello,

Your request {reference} has been reviewed. It is not accepted, in whole
or in part:

{refusals}{words}To read the full answer, open this page:

{url}

You may make a new request at any time: {address}
""",
    ),
}

_REFUSED_NAMES = {"fr": "Refusé : {names}\n", "en": "Refused: {names}\n"}

_MORE_ASKED = {
    "fr": (
        "Une précision est attendue pour la demande {reference}",
        """\
Bonjour,

Pour étudier votre demande {reference}, un opérateur vous écrit :

{words}Répondez avant le {answer_by} en ouvrant cette page :

{url}

Ce lien est personnel : ne le transmettez à personne. Sans réponse, la
demande sera fermée.
""",
    ),
    "en": (
        "More information is needed for request {reference}",
        """\
Hello,

To review your request {reference}, an operator writes to you:

{words}Answer before {answer_by} by opening this page:

{url}

This link is personal: do not share it with anyone. Without an answer,
the request will be closed.
""",
    ),
}

_LAPSED = {
    "fr": (
        "Votre demande {reference} est fermée",
        """\
Bonjour,

Votre demande {reference} est restée trop longtemps sans réponse : elle
est fermée, sans décision.

Vous pouvez en faire une autre : {address}
""",
    ),
    "en": (
        "Your request {reference} is closed",
        """\
Hello,

Your request {reference} was left without an answer for too long: it is
closed, without a decision.

You may make another one: {address}
""",
    ),
}

_WAITING = (
    "Des demandes attendent une décision",
    """\
Bonjour,

Ces demandes d'inscription attendent une décision depuis longtemps :

{references}
Elles sont ici : {address}/office
""",
)


def waiting_letter(references: Sequence[str], mailbox: str, settings: EnrollmentSettings) -> Letter:
    """To the mailbox of operators, in French as their settings are: the requests that wait. No person is named."""
    subject, body = _WAITING
    listed = "".join(f"- {reference}\n" for reference in references[:_MOST_LISTED])
    return Letter(
        to=mailbox,
        subject=subject_line(set_in_french(subject), "fr", settings),
        body=set_in_french(body).format(references=listed, address=settings.address),
        kind="requests-waiting",
        language="fr",
    )


def refusal_letter(
    request: EnrollmentRequest,
    refusals: Sequence[tuple[Sequence[str], str]],
    words: str,
    url: str,
    settings: EnrollmentSettings,
) -> Letter:
    """What was refused. Each of `refusals` names what was refused for the same reason, and says the reason."""
    said, language = "", _language(request)
    for names, reason in refusals:
        said += _typeset(_REFUSED_NAMES[language], language).format(names=", ".join(names)) + _paragraph(reason)
    return _letter(_REFUSED, "request-refused", request, settings, refusals=said, words=_paragraph(words), url=url)


def more_asked_letter(
    request: EnrollmentRequest, words: str, answer_by: datetime, url: str, settings: EnrollmentSettings
) -> Letter:
    """The operator's question, and until when it may be answered."""
    language = _language(request)
    until = day_in_words(answer_by.astimezone(ZoneInfo(settings.time_zone)).date(), language)
    return _letter(
        _MORE_ASKED, "more-asked", request, settings, words=_paragraph(words), answer_by=unbroken(until), url=url
    )


def lapse_letter(request: EnrollmentRequest, settings: EnrollmentSettings) -> Letter:
    """The request is closed because nobody answered in time."""
    return _letter(_LAPSED, "request-lapsed", request, settings)


def _letter(
    texts: dict[str, tuple[str, str]],
    kind: str,
    request: EnrollmentRequest,
    settings: EnrollmentSettings,
    **values: str,
) -> Letter:
    language = _language(request)
    subject, body = texts[language]
    known = {"reference": request.reference or "", "address": settings.address} | values
    return Letter(
        to=request.email,
        subject=subject_line(_typeset(subject, language).format(**known), language, settings),
        body=_typeset(body, language).format(**known) + help_footer(language, settings),
        kind=kind,
        language=language,
    )


def _typeset(text: str, language: str) -> str:
    return set_in_english(text) if language == "en" else set_in_french(text)


def _language(request: EnrollmentRequest) -> str:
    return "en" if request.language == "en" else "fr"


def _paragraph(words: str) -> str:
    return f"{words.strip()}\n\n" if words.strip() else ""
