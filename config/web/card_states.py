"""What a page says while a card is read: one sentence and one action for each state, and three marks.

`CardState` and `SignOutcome` of `card_bridge/states.py` are states here by their values; the others are those of the
page itself, before the card software answers (`static/card.js`). `templates/card.html` shows them. A text in braces is
filled in by the script; a sentence whose value is not known is not shown.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from config.web.wording import N_


class Mark(StrEnum):
    """How far the software, the reader and the card have come. The value is the class of the mark's icon."""

    WAITING = "waiting"
    NEXT = "next"
    DONE = "done"
    FAULT = "fault"


class Action(StrEnum):
    """What the person can do, as the attribute of the button names it."""

    START = "start"
    ALLOW = "allow"
    RETRY = "retry"
    SIGN = "sign"
    SIGN_AGAIN = "sign-again"
    TYPE = "type"
    """Type the PIN in a field of the page: only where the settings of the workstation accept it."""
    CANCEL = "cancel"
    RELOAD = "reload"
    BY_SOFTWARE = "software"
    BY_BROWSER = "browser"
    OTHERWISE = "otherwise"
    """Go on without the card, where the page has another way."""


MarkWords = tuple[Mark, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardStateWords:
    """One state as the panel shows it. `is_alert`: a screen reader says it at once (a wrong PIN, a blocked card)."""

    name: str
    marks: tuple[MarkWords, MarkWords, MarkWords]
    sentence: str
    help: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    is_alert: bool = False
    is_working: bool = False


_SOFTWARE: Final = (Mark.DONE, N_("Logiciel prêt"))
_READER: Final = (Mark.DONE, N_("Lecteur prêt"))
_NO_SOFTWARE_YET: Final = (Mark.NEXT, N_("Logiciel à joindre"))
_NO_READER_YET: Final = (Mark.WAITING, N_("Lecteur"))
_NO_CARD_YET: Final = (Mark.WAITING, N_("Carte"))
_AWAITED: Final = (_SOFTWARE, _READER, (Mark.NEXT, N_("Carte attendue")))
_READ: Final = (_SOFTWARE, _READER, (Mark.DONE, N_("Carte lue")))
_NOT_ASKED: Final = (_NO_SOFTWARE_YET, _NO_READER_YET, _NO_CARD_YET)


def _fault(words: str) -> tuple[MarkWords, MarkWords, MarkWords]:
    return _SOFTWARE, _READER, (Mark.FAULT, words)


STATES: Final = (
    # --- before the card software answers
    CardStateWords(
        name="start",
        marks=_NOT_ASKED,
        sentence=N_("Insérez votre carte CPS dans le lecteur."),
        help=(N_("La puce vers l'avant, puis lancez la lecture."),),
        actions=(Action.START,),
    ),
    CardStateWords(
        name="permission",
        marks=_NOT_ASKED,
        sentence=N_("Votre navigateur peut vous demander une autorisation."),
        help=(
            N_(
                "Elle permet à cette page, et à elle seule, de parler au lecteur branché sur ce poste. Choisissez "
                "« Autoriser » : la question ne reviendra pas."
            ),
        ),
        actions=(Action.ALLOW,),
    ),
    CardStateWords(
        name="asking",
        marks=_NOT_ASKED,
        sentence=N_("Répondez à la question de votre navigateur."),
        help=(N_("Elle s'affiche en haut de la fenêtre. Choisissez « Autoriser »."),),
    ),
    CardStateWords(name="searching", marks=_NOT_ASKED, sentence=N_("Recherche du logiciel de carte…"), is_working=True),
    CardStateWords(
        name="permission-refused",
        marks=((Mark.FAULT, N_("Accès refusé")), _NO_READER_YET, _NO_CARD_YET),
        sentence=N_("Le navigateur n'autorise pas cette page à joindre le lecteur."),
        help=(
            N_("Continuez par le logiciel de carte : il n'a pas besoin de cette autorisation."),
            N_("Pour revenir sur ce refus, ouvrez les réglages du site, à gauche de l'adresse."),
        ),
        actions=(Action.BY_SOFTWARE,),
    ),
    CardStateWords(
        name="software-absent",
        marks=((Mark.FAULT, N_("Logiciel absent")), _NO_READER_YET, _NO_CARD_YET),
        sentence=N_("Le logiciel de carte ne répond pas sur ce poste."),
        help=(
            N_("S'il est arrêté ou absent, rouvrez votre session, ou demandez-le à votre service informatique."),
            N_("S'il fonctionne, il ne connaît pas {origin} : demandez à votre service informatique de l'ajouter."),
            N_("Pour le savoir, tapez {test} dans la barre d'adresse : son autotest s'affiche s'il fonctionne."),
        ),
        actions=(Action.BY_BROWSER, Action.RETRY),
    ),
    CardStateWords(
        name="stale",
        marks=_NOT_ASKED,
        sentence=N_("Cette page n'est plus à jour."),
        help=(N_("Rechargez-la, puis recommencez."),),
        actions=(Action.RELOAD,),
    ),
    # --- the reader and the card
    CardStateWords(
        name="reader-service-away",
        marks=(_SOFTWARE, (Mark.FAULT, N_("Service arrêté")), _NO_CARD_YET),
        sentence=N_("Le service des cartes à puce de ce poste est arrêté."),
        help=(N_("Redémarrez le poste, ou demandez à votre service informatique de démarrer ce service."),),
        actions=(Action.RETRY,),
    ),
    CardStateWords(
        name="no-reader",
        marks=(_SOFTWARE, (Mark.FAULT, N_("Aucun lecteur")), _NO_CARD_YET),
        sentence=N_("Branchez le lecteur de carte sur ce poste."),
        help=(N_("Cette page le verra toute seule. S'il est déjà branché, débranchez-le puis rebranchez-le."),),
        actions=(Action.RETRY,),
    ),
    CardStateWords(
        name="no-card",
        marks=_AWAITED,
        sentence=N_("Insérez votre carte CPS dans le lecteur."),
        help=(N_("La puce vers l'avant. La lecture démarre toute seule."),),
    ),
    CardStateWords(
        name="reader-busy",
        marks=(_SOFTWARE, (Mark.FAULT, N_("Lecteur occupé")), _NO_CARD_YET),
        sentence=N_("Un autre logiciel utilise le lecteur."),
        help=(N_("Fermez-le, ou attendez qu'il ait fini : la lecture reprendra toute seule."),),
    ),
    CardStateWords(
        name="mute",
        marks=_fault(N_("Carte muette")),
        sentence=N_("La carte ne répond pas."),
        help=(N_("Retirez-la, vérifiez son sens, la puce vers l'avant, puis remettez-la."),),
    ),
    CardStateWords(
        name="foreign",
        marks=_fault(N_("Autre carte")),
        sentence=N_("Cette carte n'est pas une carte CPS."),
        help=(N_("Retirez-la, et insérez votre carte de professionnel de santé."),),
    ),
    CardStateWords(
        name="not-activated",
        marks=_fault(N_("Carte à activer")),
        sentence=N_("Cette carte n'est pas encore activée."),
        help=(N_("Suivez le courrier reçu avec elle, puis revenez ici."),),
        actions=(Action.OTHERWISE,),
    ),
    CardStateWords(
        name="unreadable",
        marks=_fault(N_("Carte illisible")),
        sentence=N_("Cette carte ne peut pas être lue."),
        help=(N_("Retirez-la, puis remettez-la. Si cela continue, elle est abîmée : demandez-en une autre."),),
        actions=(Action.OTHERWISE,),
    ),
    CardStateWords(
        name="not-yet-valid",
        marks=_fault(N_("Carte pas encore valable")),
        sentence=N_("Cette carte n'est pas encore valable."),
        help=(N_("Utilisez la précédente jusque-là, et vérifiez la date de ce poste."),),
        actions=(Action.OTHERWISE,),
    ),
    CardStateWords(
        name="expired",
        marks=_fault(N_("Carte expirée")),
        sentence=N_("Cette carte n'est plus valable."),
        help=(
            N_("Elle a expiré le {expires}."),
            N_("Si vous avez reçu la nouvelle, insérez-la : elle sera reconnue."),
        ),
        actions=(Action.OTHERWISE,),
    ),
    CardStateWords(
        name="pin-blocked",
        marks=_fault(N_("Carte bloquée")),
        sentence=N_("Cette carte est bloquée."),
        help=(
            N_(
                "Débloquez-la avec le code de déblocage reçu avec elle, ou appelez l'assistance. Votre compte, lui, "
                "n'est pas bloqué."
            ),
        ),
        actions=(Action.OTHERWISE,),
        is_alert=True,
    ),
    CardStateWords(
        name="reading",
        marks=(_SOFTWARE, _READER, (Mark.NEXT, N_("Carte en lecture"))),
        sentence=N_("Initialisation de la carte CPS en cours…"),
        help=(N_("Laissez la carte dans le lecteur."),),
        is_working=True,
    ),
    CardStateWords(
        name="ready",
        marks=_READ,
        sentence=N_("Votre carte est prête."),
        help=(
            "{holder}",
            N_("Carte valable jusqu'au {expires}."),
            N_("Une fenêtre de ce poste s'ouvre pour le code : il ne passe jamais par cette page."),
        ),
        actions=(Action.SIGN,),
    ),
    CardStateWords(
        name="expires-soon",
        marks=_READ,
        sentence=N_("Votre carte est prête, et expire bientôt."),
        help=(
            "{holder}",
            N_("Elle expire le {expires} : demandez la suivante."),
            N_("Une fenêtre de ce poste s'ouvre pour le code : il ne passe jamais par cette page."),
        ),
        actions=(Action.SIGN,),
    ),
    CardStateWords(
        name="pin-in-page",
        marks=_READ,
        sentence=N_("Votre carte est prête : tapez votre code PIN."),
        help=(
            "{holder}",
            N_("Carte valable jusqu'au {expires}."),
            N_("Elle expire le {soon} : demandez la suivante."),
            N_("Le code ne quitte pas ce poste. La fenêtre « Carte CPS » vous demande ensuite votre accord."),
        ),
        actions=(Action.TYPE,),
    ),
    # --- the signature
    CardStateWords(
        name="pin",
        marks=(_SOFTWARE, _READER, (Mark.NEXT, N_("Code attendu"))),
        sentence=N_("Tapez votre code PIN dans la fenêtre « Carte CPS »."),
        help=(N_("Elle affiche le même repère que cette page :"), "{code}"),
        actions=(Action.CANCEL,),
    ),
    CardStateWords(
        name="confirm",
        marks=(_SOFTWARE, _READER, (Mark.NEXT, N_("Accord attendu"))),
        sentence=N_("Donnez votre accord dans la fenêtre « Carte CPS »."),
        help=(N_("Elle affiche le même repère que cette page :"), "{code}"),
        actions=(Action.CANCEL,),
    ),
    CardStateWords(name="sending", marks=_READ, sentence=N_("Vérification en cours…"), is_working=True),
    CardStateWords(
        name="pin-wrong",
        marks=_fault(N_("Code incorrect")),
        sentence=N_("Le code PIN est incorrect."),
        help=(
            N_("Essais restants : {tries}."),
            N_("Après le troisième code incorrect, la carte se bloque."),
        ),
        actions=(Action.SIGN_AGAIN, Action.OTHERWISE),
        is_alert=True,
    ),
    CardStateWords(
        name="pin-cancelled",
        marks=_READ,
        sentence=N_("La saisie du code a été annulée."),
        help=(N_("Votre carte n'a rien signé."),),
        actions=(Action.SIGN_AGAIN,),
    ),
    CardStateWords(
        name="pin-timed-out",
        marks=_READ,
        sentence=N_("Le code n'a pas été saisi à temps."),
        help=(N_("Votre carte n'a rien signé."),),
        actions=(Action.SIGN_AGAIN,),
    ),
    CardStateWords(
        name="pin-unavailable",
        marks=_READ,
        sentence=N_("Ce poste ne peut pas demander le code PIN."),
        help=(N_("Signalez-le à votre service informatique : le logiciel de carte ne peut ouvrir aucune fenêtre."),),
        actions=(Action.OTHERWISE,),
    ),
    CardStateWords(
        name="card-removed",
        marks=_AWAITED,
        sentence=N_("La carte a été retirée pendant la lecture."),
        help=(N_("Remettez-la, et laissez-la dans le lecteur."),),
        actions=(Action.RETRY,),
    ),
    CardStateWords(
        name="reader-unplugged",
        marks=(_SOFTWARE, (Mark.FAULT, N_("Lecteur débranché")), _NO_CARD_YET),
        sentence=N_("Le lecteur a été débranché."),
        help=(N_("Rebranchez-le : cette page le verra toute seule."),),
        actions=(Action.RETRY,),
    ),
    CardStateWords(
        name="origin-not-allowed",
        marks=((Mark.FAULT, N_("Accès refusé")), _NO_READER_YET, _NO_CARD_YET),
        sentence=N_("Le logiciel de carte de ce poste ne connaît pas ce site."),
        help=(N_("Demandez à votre service informatique d'y ajouter {origin}."),),
        actions=(Action.BY_BROWSER, Action.OTHERWISE),
    ),
    CardStateWords(
        name="origin-refused",
        marks=_READ,
        sentence=N_("L'accès de ce site à votre carte a été refusé."),
        help=(N_("Pour l'accepter, recommencez, et autorisez ce site dans la fenêtre du logiciel de carte."),),
        actions=(Action.SIGN_AGAIN,),
    ),
    CardStateWords(
        name="busy",
        marks=(_SOFTWARE, (Mark.FAULT, N_("Lecteur occupé")), _NO_CARD_YET),
        sentence=N_("Une autre lecture de la carte est en cours sur ce poste."),
        help=(N_("Terminez-la, ou patientez une minute."),),
        actions=(Action.RETRY,),
    ),
    CardStateWords(
        name="nonce-used",
        marks=_READ,
        sentence=N_("Cette demande a déjà été signée."),
        help=(N_("Recommencez : une nouvelle sera faite."),),
        actions=(Action.SIGN_AGAIN,),
    ),
)
"""Every state, in the order in which a person meets them."""
