"""The e-mails about passwords, in the person's language: plain text, one link at most, no picture.

An e-mail says why it was sent, how long its link is valid, and what to do if the person did not request it.
"""

from datetime import timedelta

from config.mail import Letter
from config.typography import set_in_english, set_in_french, unbroken
from idp.accounts.models import Account, Language
from idp.accounts.snapshot import AccountSnapshot
from idp.settings import Settings

LETTER_LINK = "password-link"
LETTER_WELCOME = "welcome"
LETTER_CHANGED = "password-changed"

_LINK = {
    Language.FRENCH: (
        "Choisir un nouveau mot de passe",
        """\
Bonjour {name},

Vous avez demandé à choisir un nouveau mot de passe pour {region}.
Votre identifiant : {login}

Pour choisir ce mot de passe, ouvrez cette page :

{url}

Ce lien ne sert qu'une fois, et il expire au bout de {lifetime}.
Passé ce délai, demandez-en un autre.

Vous n'êtes pas à l'origine de cette demande ? Ignorez ce message :
votre mot de passe actuel reste valable, et personne ne peut le changer
sans ce lien. Ne le transmettez à personne.
""",
    ),
    Language.ENGLISH: (
        "Choose a new password",
        """\
Hello {name},

You asked to choose a new password for {region}.
Your username: {login}

To choose your password, open this page:

{url}

This link works only once, and expires after {lifetime}.
After that, request another one.

Didn't ask for this? Ignore this message: your current password still
works, and nobody can change it without this link. Do not share it with
anyone.
""",
    ),
}

_WELCOME = {
    Language.FRENCH: (
        "Votre compte est ouvert",
        """\
Bonjour {name},

Un compte vient d'être ouvert à votre nom pour {region}.
Votre identifiant : {login}

Pour choisir votre mot de passe, ouvrez cette page :

{url}

Ce lien ne sert qu'une fois, et il expire au bout de {lifetime}.
Passé ce délai, demandez-en un autre sur la page « Mot de passe oublié » :

{forgotten}

Vous n'attendiez pas l'ouverture d'un compte ? Prévenez l'assistance, et
ne transmettez ce lien à personne.
""",
    ),
    Language.ENGLISH: (
        "Your account is open",
        """\
Hello {name},

An account has been opened in your name for {region}.
Your username: {login}

To choose your password, open this page:

{url}

This link works only once, and expires after {lifetime}.
After that, request another one on the "Forgotten password" page:

{forgotten}

Weren't expecting an account? Tell the help desk, and do not share this
link with anyone.
""",
    ),
}

_CHANGED = {
    Language.FRENCH: (
        "Nouveau mot de passe enregistré",
        """\
Bonjour {name},

Un nouveau mot de passe vient d'être enregistré pour votre compte
{login} ({region}).
Les sessions déjà ouvertes ont été fermées.

C'est bien vous ? Vous n'avez rien à faire.

Ce n'est pas vous ? Choisissez immédiatement un autre mot de passe :

{forgotten}

Puis prévenez l'assistance.
""",
    ),
    Language.ENGLISH: (
        "New password saved",
        """\
Hello {name},

A new password has just been saved for your account
{login} ({region}).
Sessions that were already open have been closed.

Was this you? There is nothing to do.

Wasn't it you? Choose another password immediately:

{forgotten}

Then tell the help desk.
""",
    ),
}

_HELP = {Language.FRENCH: "Assistance : {contacts}\n", Language.ENGLISH: "Help desk: {contacts}\n"}
_SUBJECT = {Language.FRENCH: "{region} : {subject}", Language.ENGLISH: "{region}: {subject}"}
_SET = {Language.FRENCH: set_in_french, Language.ENGLISH: set_in_english}


def password_link(snapshot: AccountSnapshot, url: str, settings: Settings) -> Letter:
    """The link requested on the forgotten-password page."""
    lifetime = _duration(settings.password_link_lifetime, snapshot.language)
    return compose(LETTER_LINK, _LINK, snapshot, settings, url=url, lifetime=lifetime)


def welcome(snapshot: AccountSnapshot, url: str, settings: Settings) -> Letter:
    """The first credential: a link to choose a password, never a password."""
    lifetime = _duration(settings.first_password_link_lifetime, snapshot.language)
    return compose(LETTER_WELCOME, _WELCOME, snapshot, settings, url=url, lifetime=lifetime)


def password_changed(account: Account, settings: Settings) -> Letter:
    """Notice of a change, so that the owner sees one made by another person."""
    return compose(LETTER_CHANGED, _CHANGED, account, settings)


def compose(
    kind: str,
    words: dict[Language, tuple[str, str]],
    to: AccountSnapshot | Account,
    settings: Settings,
    **values: str,
) -> Letter:
    """The letter in the language of `to`; `words` have `{name}`, `{login}`, `{region}`, `{forgotten}`, and `values`.

    Its text is typeset before the person's values are inserted, which stay as they are.
    """
    language = Language(to.language)
    subject, body = words[language]
    contacts = ", ".join(filter(None, (unbroken(settings.support_phone), settings.support_email)))
    footer = "\n" + typeset(_HELP[language], language).format(contacts=contacts) if contacts else ""
    return Letter(
        to=to.email,
        subject=typeset(_SUBJECT[language], language).format(
            region=settings.region, subject=typeset(subject, language)
        ),
        body=typeset(body, language).format(
            name=f"{to.given_name} {to.family_name}",
            login=to.login,
            region=settings.region,
            forgotten=f"{settings.issuer}/password/forgotten",
            **values,
        )
        + footer,
        kind=kind,
        language=language,
    )


def typeset(text: str, language: Language) -> str:
    """`text` with the typography of `language`."""
    return _SET[language](text)


def _duration(lifetime: timedelta, language: Language) -> str:
    """ "60 minutes", "72 heures"."""
    minutes = lifetime // timedelta(minutes=1)
    hours, left = divmod(minutes, 60)
    if hours < 2 or left:
        return unbroken(f"{minutes} minutes")
    return unbroken(f"{hours} {'heures' if language is Language.FRENCH else 'hours'}")
