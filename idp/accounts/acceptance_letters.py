"""The letters that tell a person what was accepted: a new account with its first credential, or further access.

Each lists what was opened, by the names that people know.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from config.mail import Letter
from config.web.date_filters import day_in_words
from idp.accounts.acceptance import GrantedAccess
from idp.accounts.emails import compose, typeset
from idp.accounts.models import Language
from idp.accounts.snapshot import AccountSnapshot
from idp.settings import Settings

LETTER_ACCEPTED: Final = "request-accepted"

_GREETING: Final = {Language.FRENCH: "Bonjour {name},\n\n", Language.ENGLISH: "Hello {name},\n\n"}

_BY_LINK: Final = {
    Language.FRENCH: """\
Votre demande {reference} est acceptée : votre compte est ouvert pour {region}.
Votre identifiant : {login}
{granted}
Pour choisir votre mot de passe, ouvrez cette page avant le {until} :

{url}

Ce lien ne sert qu'une fois. S'il a expiré, la même page vous propose
d'en recevoir un autre.
{message}
Vous n'avez pas fait cette demande ? Prévenez l'assistance, et ne
transmettez ce lien à personne.
""",
    Language.ENGLISH: """\
Your request {reference} has been accepted: your account is open for {region}.
Your username: {login}
{granted}
To choose your password, open this page before {until}:

{url}

This link works only once. If it has expired, the same page offers you
another one.
{message}
Didn't make this request? Tell the help desk, and do not share this link
with anyone.
""",
}

_BY_PASSWORD: Final = {
    Language.FRENCH: """\
Votre demande {reference} est acceptée : votre compte est ouvert pour {region}.
Votre identifiant : {login}
Votre mot de passe provisoire : {password}
{granted}
Connectez-vous à cette adresse ; vous choisirez alors un autre mot de passe :

{url}
{message}
Vous n'avez pas fait cette demande ? Prévenez l'assistance, et ne
transmettez ce mot de passe à personne.
""",
    Language.ENGLISH: """\
Your request {reference} has been accepted: your account is open for {region}.
Your username: {login}
Your temporary password: {password}
{granted}
Log in at this address; you will then choose another password:

{url}
{message}
Didn't make this request? Tell the help desk, and do not share this
password with anyone.
""",
}

_MORE_ACCESS: Final = {
    Language.FRENCH: """\
Votre demande {reference} est acceptée pour {region}.
Votre identifiant reste : {login}
{granted}
Retrouvez vos accès sur cette page :

{url}
{message}
Vous n'avez pas fait cette demande ? Prévenez l'assistance.
""",
    Language.ENGLISH: """\
Your request {reference} has been accepted for {region}.
Your username is still: {login}
{granted}
Your access is shown on this page:

{url}
{message}
Didn't make this request? Tell the help desk.
""",
}

_SUBJECT: Final = {Language.FRENCH: "Votre demande est acceptée", Language.ENGLISH: "Your request has been accepted"}
_GRANTED: Final = {Language.FRENCH: "\nAccès ouverts :\n", Language.ENGLISH: "\nAccess opened:\n"}
_FROM: Final = {Language.FRENCH: ", à partir du {day}", Language.ENGLISH: ", from {day}"}
_TO: Final = {Language.FRENCH: ", jusqu'au {day} inclus", Language.ENGLISH: ", to {day} inclusive"}
_INSTANT: Final = timedelta(microseconds=1)  # an access until midnight has the day before as its last one
_WORDS: Final = {
    Language.FRENCH: "\nUn message de l'opérateur :\n\n",
    Language.ENGLISH: "\nA message from the operator:\n\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkInLetter:
    """The first credential is a link, good until `ends_at`."""

    url: str = field(repr=False)
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordInLetter:
    """The first credential is a password that must be changed at the first login, at `login_url`."""

    password: str = field(repr=False)
    login_url: str


def acceptance_letter(
    snapshot: AccountSnapshot,
    settings: Settings,
    *,
    reference: str,
    granted: Sequence[GrantedAccess],
    credential: LinkInLetter | PasswordInLetter | None,
    words: str = "",
) -> Letter:
    """The letter. Without a `credential`, the person keeps the one they have.

    `words` are the operator's own.
    """
    language, zone = snapshot.language, ZoneInfo(settings.time_zone)
    match credential:
        case LinkInLetter(url=url, ends_at=ends_at):
            texts, values = _BY_LINK, {"url": url, "until": _moment(ends_at, language, zone)}
        case PasswordInLetter(password=password, login_url=url):
            texts, values = _BY_PASSWORD, {"url": url, "password": password}
        case _:
            texts, values = _MORE_ACCESS, {"url": f"{settings.issuer}/account/profile"}
    letter = {each: (_SUBJECT[each], _GREETING[each] + text) for each, text in texts.items()}
    return compose(
        LETTER_ACCEPTED,
        letter,
        snapshot,
        settings,
        reference=reference,
        granted=_listed(granted, language, zone),
        message=f"{typeset(_WORDS[language], language)}{words}\n" if words else "",
        **values,
    )


def _listed(granted: Sequence[GrantedAccess], language: Language, zone: ZoneInfo) -> str:
    if not granted:
        return ""
    return typeset(_GRANTED[language], language) + "".join(f"  - {_line(each, language, zone)}\n" for each in granted)


def _line(access: GrantedAccess, language: Language, zone: ZoneInfo) -> str:
    line = access.display_name(language)
    if access.terms.starts_at is not None:
        line += typeset(_FROM[language], language).format(day=_day(access.terms.starts_at, language, zone))
    if access.terms.ends_at is not None:
        line += typeset(_TO[language], language).format(day=_day(access.terms.ends_at - _INSTANT, language, zone))
    return line


def _day(at: datetime, language: Language, zone: ZoneInfo) -> str:
    return day_in_words(at.astimezone(zone).date(), language)


def _moment(at: datetime, language: Language, zone: ZoneInfo) -> str:
    """ "2 décembre 2026 à 14 h 05", "2 December 2026 at 14:05"."""
    pattern = "'à' H 'h' mm" if language is Language.FRENCH else "'at' HH:mm"
    time = format_datetime(at, pattern, tzinfo=zone, locale=language.value)
    return f"{_day(at, language, zone)} {time}"
