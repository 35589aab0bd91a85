"""The sentences of the bridge's windows and pages, in French and in English."""

import os
from importlib.util import find_spec
from typing import Final

from card_bridge.states import CardState, SignOutcome

FRENCH, ENGLISH = "fr", "en"
LANGUAGES: Final = (FRENCH, ENGLISH)


def session_language() -> str:
    """The language of the person's session (POSIX, LC_MESSAGES): French unless it names another."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return FRENCH if value.startswith(FRENCH) or value.split(".")[0] in ("C", "POSIX") else ENGLISH
    return FRENCH


SENTENCES: Final[dict[CardState | SignOutcome, tuple[tuple[str, str], tuple[str, str]]]] = {
    CardState.READER_SERVICE_AWAY: (
        (
            "Le service des cartes à puce de ce poste est arrêté.",
            "Demandez au service informatique de démarrer « pcscd ».",
        ),
        ("The smart card service of this computer is not running.", "Ask your IT department to start “pcscd”."),
    ),
    CardState.NO_READER: (
        ("Aucun lecteur de carte n’est branché.", "Branchez le lecteur sur ce poste."),
        ("No card reader is connected.", "Connect the reader to this computer."),
    ),
    CardState.NO_CARD: (
        ("Le lecteur est vide.", "Insérez votre carte CPS, la puce vers l’avant."),
        ("The reader is empty.", "Insert your CPS card, chip first."),
    ),
    CardState.READER_BUSY: (
        ("Un autre programme utilise le lecteur.", "Fermez ce programme, puis réessayez."),
        ("Another program is using the reader.", "Close that program, then try again."),
    ),
    CardState.MUTE: (
        ("La carte ne répond pas.", "Retirez-la, puis insérez-la la puce vers l’avant."),
        ("The card does not answer.", "Take it out, then insert it chip first."),
    ),
    CardState.FOREIGN: (
        ("Cette carte n’est pas une carte CPS.", "Insérez votre carte CPS."),
        ("This card is not a CPS card.", "Insert your CPS card."),
    ),
    CardState.NOT_ACTIVATED: (
        ("Cette carte n’est pas encore activée.", "Activez-la avec le courrier reçu avec elle."),
        ("This card is not activated yet.", "Activate it with the letter that came with it."),
    ),
    CardState.UNREADABLE: (
        ("Cette carte est illisible.", "Essayez un autre lecteur, puis demandez le remplacement de la carte."),
        ("This card cannot be read.", "Try another reader, then ask for a new card."),
    ),
    CardState.NOT_YET_VALID: (
        ("Cette carte n’est pas encore valable.", "Vérifiez la date de ce poste."),
        ("This card is not valid yet.", "Check the date of this computer."),
    ),
    CardState.EXPIRED: (
        ("Cette carte a expiré.", "Insérez la nouvelle carte que vous avez reçue."),
        ("This card has expired.", "Insert the new card that you received."),
    ),
    CardState.PIN_BLOCKED: (
        ("Cette carte est bloquée.", "Débloquez-la avec le code de déblocage reçu avec elle."),
        ("This card is blocked.", "Unblock it with the unblocking code that came with it."),
    ),
    CardState.READY: (
        ("La carte est prête.", "Vous pouvez vous connecter."),
        ("The card is ready.", "You can log in."),
    ),
    CardState.EXPIRES_SOON: (
        ("La carte est prête ; elle expire bientôt.", "Demandez son renouvellement."),
        ("The card is ready; it expires soon.", "Ask for its renewal."),
    ),
    SignOutcome.PIN_WRONG: (
        ("Code PIN inexact.", "Réessayez, avec prudence : la carte se bloque au troisième code inexact."),
        ("Wrong PIN.", "Try again with care: the third wrong PIN blocks the card."),
    ),
    SignOutcome.PIN_CANCELLED: (
        ("Vous avez annulé.", "Réessayez quand vous voulez."),
        ("You cancelled.", "Try again when you want."),
    ),
    SignOutcome.PIN_TIMED_OUT: (
        ("Le code PIN n’a pas été tapé à temps.", "Réessayez."),
        ("The PIN was not typed in time.", "Try again."),
    ),
    SignOutcome.PIN_UNAVAILABLE: (
        (
            "Ce poste ne peut pas demander le code PIN.",
            "Ouvrez une session graphique.",
        ),
        ("This computer cannot ask for the PIN.", "Open a graphical session."),
    ),
    SignOutcome.CARD_REMOVED: (
        ("La carte a été retirée.", "Remettez-la, puis réessayez."),
        ("The card was taken out.", "Put it back, then try again."),
    ),
    SignOutcome.READER_UNPLUGGED: (
        ("Le lecteur a été débranché.", "Rebranchez-le, puis réessayez."),
        ("The reader was unplugged.", "Connect it again, then try again."),
    ),
    SignOutcome.ORIGIN_NOT_ALLOWED: (
        ("Ce site ne figure pas dans les réglages de ce poste.", "Demandez au service informatique de l’ajouter."),
        ("This site is not in the settings of this computer.", "Ask your IT department to add it."),
    ),
    SignOutcome.ORIGIN_REFUSED: (
        ("Vous avez refusé ce site.", "Réessayez si c’était une erreur."),
        ("You refused this site.", "Try again if that was a mistake."),
    ),
    SignOutcome.BUSY: (
        ("Une autre demande est en cours.", "Terminez-la dans la fenêtre « Carte CPS »."),
        ("Another request is under way.", "Finish it in the window “CPS card”."),
    ),
    SignOutcome.NONCE_USED: (
        ("Cette demande a déjà servi.", "Revenez à la page de connexion."),
        ("This request was already used.", "Return to the login page."),
    ),
}
"""For each state: what is the case and what to do, in French and in English."""


_WITHOUT_PYSCARD: Final = (
    ("pyscard n’est pas installé.", "Installez « poterne-card-bridge[reader] » avec pip."),
    ("pyscard is not installed.", "Install “poterne-card-bridge[reader]” with pip."),
)


def sentences(state: CardState | SignOutcome) -> tuple[tuple[str, str], tuple[str, str]]:
    """As `SENTENCES`; without pyscard, no smart card service can be reached, though it may run."""
    is_missing = state is CardState.READER_SERVICE_AWAY and find_spec("smartcard") is None
    return _WITHOUT_PYSCARD if is_missing else SENTENCES[state]


def sentence(state: CardState | SignOutcome, language: str) -> str:
    """What is the case, and what to do."""
    return " ".join(sentences(state)[LANGUAGES.index(language)])
