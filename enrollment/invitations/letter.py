"""The letter of an invitation, in the language of the person who is invited."""

from zoneinfo import ZoneInfo

from config.mail import Letter
from config.typography import set_in_english, set_in_french, unbroken
from config.web.date_filters import day_in_words
from enrollment.letter_frame import help_footer, subject_line
from enrollment.requests.models import Invitation
from enrollment.settings import EnrollmentSettings

_TEXTS = {
    "fr": (
        "Vous êtes invité à demander un compte",
        """\
Bonjour,

{inviter} vous invite à demander un compte,
pour {region}. La demande prend cinq minutes.

Ouvrez cette page avant le {ends_at} :

{url}

Ce lien est personnel, et ne sert qu'une fois.

Vous ne connaissez pas cette personne ? Ignorez ce message.
""",
    ),
    "en": (
        "You are invited to ask for an account",
        """\
Hello,

{inviter} invites you to ask for an account,
for {region}. The request takes five minutes.

Open this page before {ends_at}:

{url}

This link is personal, and works only once.

Don't know this person? Ignore this message.
""",
    ),
}


def invitation_letter(invitation: Invitation, url: str, settings: EnrollmentSettings) -> Letter:
    """The letter with the link. It repeats nothing of what the inviter typed but their own name."""
    language = "en" if invitation.language == "en" else "fr"
    typeset = set_in_english if language == "en" else set_in_french
    subject, body = _TEXTS[language]
    until = day_in_words(invitation.ends_at.astimezone(ZoneInfo(settings.time_zone)).date(), language)
    return Letter(
        to=invitation.email,
        subject=subject_line(typeset(subject), language, settings),
        body=typeset(body).format(
            inviter=invitation.operator_name, region=settings.region, ends_at=unbroken(until), url=url
        )
        + help_footer(language, settings),
        kind="invitation",
        language=language,
    )
