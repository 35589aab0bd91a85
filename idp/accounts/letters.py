"""The letters about passwords, in the person's own language: plain text, one link at most, no picture.

A letter says why it came, how long its link lives, and what to do when nobody asked for it.
"""

from datetime import timedelta

from config.mail import Letter
from config.settings import Settings
from idp.accounts.models import Account, Language
from idp.accounts.standing import Standing

LETTER_LINK = "password-link"
LETTER_WELCOME = "welcome"
LETTER_CHANGED = "password-changed"

_LINK = {
    Language.FRENCH: (
        "Choisir un nouveau mot de passe",
        """\
Bonjour {name},

Vous avez demandé à choisir un nouveau mot de passe pour {region}.
Votre identifiant est : {login}

Pour choisir votre mot de passe, ouvrez cette page :

{url}

Ce lien sert une seule fois et pendant {minutes} minutes. Après, il suffit
d'en demander un autre.

Vous n'avez rien demandé ? N'en faites rien : votre mot de passe actuel
reste valable, et personne ne peut le changer sans ce lien. Ne le
transmettez à personne.
""",
    ),
    Language.ENGLISH: (
        "Choose a new password",
        """\
Hello {name},

You asked to choose a new password for {region}.
Your login is: {login}

To choose your password, open this page:

{url}

This link works once, for {minutes} minutes. After that, just ask for
another one.

You did not ask for this? There is nothing to do: your present password
still works, and nobody can change it without this link. Do not pass it on
to anyone.
""",
    ),
}

_WELCOME = {
    Language.FRENCH: (
        "Votre compte est ouvert",
        """\
Bonjour {name},

Un compte vous est ouvert pour {region}.
Votre identifiant est : {login}

Pour choisir votre mot de passe, ouvrez cette page :

{url}

Ce lien sert une seule fois et pendant {minutes} minutes. Après, demandez-en
un autre par « mot de passe oublié », ici :

{forgotten}

Vous n'attendiez pas de compte ? Prévenez-nous, et ne transmettez ce lien à
personne.
""",
    ),
    Language.ENGLISH: (
        "Your account is open",
        """\
Hello {name},

An account has been opened for you at {region}.
Your login is: {login}

To choose your password, open this page:

{url}

This link works once, for {minutes} minutes. After that, ask for another one
with "forgotten password", here:

{forgotten}

You did not expect an account? Tell us, and do not pass this link on to
anyone.
""",
    ),
}

_CHANGED = {
    Language.FRENCH: (
        "Nouveau mot de passe enregistré",
        """\
Bonjour {name},

Un nouveau mot de passe vient d'être enregistré pour votre compte {login},
{region}. Les sessions ouvertes auparavant sont terminées.

C'était vous ? Il n'y a rien à faire.

Ce n'était pas vous ? Choisissez tout de suite un autre mot de passe, ici :

{forgotten}

puis prévenez-nous.
""",
    ),
    Language.ENGLISH: (
        "New password saved",
        """\
Hello {name},

A new password has just been saved for your account {login},
{region}. The sessions opened before have ended.

Was it you? There is nothing to do.

Was it not you? Choose another password at once, here:

{forgotten}

then tell us.
""",
    ),
}

_HELP = {Language.FRENCH: "Aide : {contacts}\n", Language.ENGLISH: "Help: {contacts}\n"}


def password_link(standing: Standing, url: str, settings: Settings) -> Letter:
    """The link that someone asked for on the forgotten-password page."""
    return _letter(LETTER_LINK, _LINK, standing, settings, url=url)


def welcome(standing: Standing, url: str, settings: Settings) -> Letter:
    """The first credential: a link to choose a password, never a password."""
    return _letter(LETTER_WELCOME, _WELCOME, standing, settings, url=url)


def password_changed(account: Account, settings: Settings) -> Letter:
    """To whoever owns the mailbox, so that a change that is not theirs is seen."""
    return _letter(LETTER_CHANGED, _CHANGED, account, settings)


def _letter(
    kind: str,
    words: dict[Language, tuple[str, str]],
    to: Standing | Account,
    settings: Settings,
    *,
    url: str = "",
) -> Letter:
    language = Language(to.language)
    subject, body = words[language]
    contacts = ", ".join(contact for contact in (settings.support_phone, settings.support_email) if contact)
    footer = "\n" + _HELP[language].format(contacts=contacts) if contacts else ""
    return Letter(
        to=to.email,
        subject=f"{settings.region} : {subject}" if language is Language.FRENCH else f"{settings.region}: {subject}",
        body=body.format(
            name=f"{to.given_name} {to.family_name}",
            login=to.login,
            region=settings.region,
            url=url,
            minutes=settings.password_link_lifetime // timedelta(minutes=1),
            forgotten=f"{settings.issuer}/password/forgotten",
        )
        + footer,
        kind=kind,
        language=language,
    )
