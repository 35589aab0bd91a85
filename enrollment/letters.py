"""The letters about a request, in the person's language: plain text, one link at most, no picture.

Until the address is verified, a letter holds nothing that the person has typed: it may go to somebody else's mailbox.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from config.mail import Letter
from config.typography import set_in_english, set_in_french, unbroken
from enrollment.letter_frame import help_footer, subject_line
from enrollment.settings import EnrollmentSettings


class LetterKind(StrEnum):
    """What a letter is about."""

    VERIFY_EMAIL = "verify-email"
    RESUME = "resume-request"
    STATUS = "request-status"
    RECEIVED = "request-received"
    ANSWER_RECEIVED = "answer-received"
    WITHDRAWN = "request-withdrawn"


_FRENCH: Final[dict[LetterKind, tuple[str, str]]] = {
    LetterKind.VERIFY_EMAIL: (
        "Vérifiez votre adresse électronique",
        """\
Bonjour,

Une demande d'inscription a été faite avec cette adresse,
pour {region}. Référence : {reference}

Pour confirmer que l'adresse est la vôtre, et transmettre la demande à un
opérateur, ouvrez cette page :

{url}

Ce lien ne sert qu'une fois, et il expire au bout de {lifetime}.

Vous n'êtes pas à l'origine de cette demande ? Ignorez ce message : sans
ce lien, personne ne la lira, et elle sera effacée.
""",
    ),
    LetterKind.RESUME: (
        "Reprenez votre demande d'inscription",
        """\
Bonjour,

Pour reprendre la demande d'inscription commencée avec cette adresse,
ouvrez cette page :

{url}

Ce lien ne sert qu'une fois, et il expire au bout de {lifetime}. La demande
s'ouvre alors dans ce navigateur, et se ferme dans le précédent.

Vous n'êtes pas à l'origine de cette demande ? Ignorez ce message : une
demande qui n'est pas envoyée est effacée.
""",
    ),
    LetterKind.STATUS: (
        "Suivez votre demande {reference}",
        """\
Bonjour,

Pour savoir où en est votre demande {reference}, ou la retirer, ouvrez
cette page :

{url}

Ce lien est personnel : ne le transmettez à personne.
""",
    ),
    LetterKind.RECEIVED: (
        "Votre demande {reference} est enregistrée",
        """\
Bonjour,

Votre adresse est vérifiée, et votre demande {reference} est transmise à
un opérateur. Sa réponse arrive par courriel,
en général sous {working_days}.

Pour savoir où elle en est, ou la retirer, ouvrez cette page :

{url}

Ce lien est personnel : ne le transmettez à personne.
""",
    ),
    LetterKind.ANSWER_RECEIVED: (
        "Votre réponse pour la demande {reference} est enregistrée",
        """\
Bonjour,

Votre réponse est transmise à l'opérateur, et votre demande {reference}
est de nouveau à l'étude. Vous n'avez rien d'autre à faire.
""",
    ),
    LetterKind.WITHDRAWN: (
        "Votre demande {reference} est retirée",
        """\
Bonjour,

Votre demande {reference} est retirée : personne ne l'étudiera.
Pour en faire une autre : {address}
""",
    ),
}

_ENGLISH: Final[dict[LetterKind, tuple[str, str]]] = {
    LetterKind.VERIFY_EMAIL: (
        "Verify your e-mail address",
        """\
Hello,

An account was requested with this address,
for {region}. Reference: {reference}

To confirm that the address is yours, and pass the request on to an
operator, open this page:

{url}

This link works only once, and expires after {lifetime}.

Didn't ask for this? Ignore this message: without this link nobody reads
the request, and it is erased.
""",
    ),
    LetterKind.RESUME: (
        "Resume your request for an account",
        """\
Hello,

To resume the request for an account that was begun with this address,
open this page:

{url}

This link works only once, and expires after {lifetime}. The request then
opens in this browser, and closes in the former one.

Didn't ask for this? Ignore this message: a request that is not sent is
erased.
""",
    ),
    LetterKind.STATUS: (
        "Follow your request {reference}",
        """\
Hello,

To see how your request {reference} stands, or to withdraw it, open this
page:

{url}

This link is personal: do not share it with anyone.
""",
    ),
    LetterKind.RECEIVED: (
        "Your request {reference} is recorded",
        """\
Hello,

Your address is verified, and your request {reference} was passed on to
an operator. The answer comes by e-mail, usually within
{working_days}.

To see how it stands, or to withdraw it, open this page:

{url}

This link is personal: do not share it with anyone.
""",
    ),
    LetterKind.ANSWER_RECEIVED: (
        "Your answer about request {reference} is recorded",
        """\
Hello,

Your answer was passed on to the operator, and your request {reference}
is under review again. There is nothing else to do.
""",
    ),
    LetterKind.WITHDRAWN: (
        "Your request {reference} is withdrawn",
        """\
Hello,

Your request {reference} is withdrawn: nobody will review it.
To make another one: {address}
""",
    ),
}

_UNITS: Final = {"fr": ("jours", "heures"), "en": ("days", "hours")}
_WORKING_DAYS: Final = {"fr": ("un jour ouvré", "{} jours ouvrés"), "en": ("one working day", "{} working days")}


def letter(
    kind: LetterKind,
    *,
    to: str,
    language: str,
    settings: EnrollmentSettings,
    reference: str = "",
    url: str = "",
    lifetime: timedelta = timedelta(0),
) -> Letter:
    """The letter of this kind. Its text is typeset before values are inserted, which stay as they are."""
    is_english = language == "en"
    language = "en" if is_english else "fr"
    typeset = set_in_english if is_english else set_in_french
    subject, body = (_ENGLISH if is_english else _FRENCH)[kind]
    values = {
        "region": settings.region,
        "reference": reference,
        "url": url,
        "lifetime": _duration(lifetime, language),
        "working_days": _working_days(settings.announced_working_days, language),
        "address": settings.address,
    }
    return Letter(
        to=to,
        subject=subject_line(typeset(subject).format(reference=reference), language, settings),
        body=typeset(body).format(**values) + help_footer(language, settings),
        kind=kind,
        language=language,
    )


def _working_days(count: int, language: str) -> str:
    """ "un jour ouvré", "3 jours ouvrés"."""
    one, several = _WORKING_DAYS[language]
    return one if count == 1 else unbroken(several.format(count))


def _duration(lifetime: timedelta, language: str) -> str:
    """ "30 jours", "72 heures"."""
    days, hours = _UNITS[language]
    total = int(lifetime.total_seconds() // 3600)
    return unbroken(f"{total // 24} {days}" if total >= 96 and total % 24 == 0 else f"{max(total, 1)} {hours}")
