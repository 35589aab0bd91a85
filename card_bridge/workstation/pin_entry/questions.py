"""What each question says: the same sentences for pinentry and for the window, in the language of the page."""

from dataclasses import dataclass
from typing import Final

from card_bridge.workstation.holder import Holder
from card_bridge.workstation.pin_entry.base import PinRequest
from card_bridge.workstation.pin_entry.dialogs import OriginQuestion
from card_bridge.workstation.texts import FRENCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The texts of one window."""

    title: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    """Name and value, such as the origin and the holder."""
    warnings: tuple[str, ...] = ()
    tick: str = ""
    """The box that must be ticked; "" when none must."""
    tick_missing: str = ""
    accept: str = ""
    cancel: str = ""


def origin_question(question: OriginQuestion, language: str) -> Question:
    """May this origin use the card?"""
    words = _WORDS[language]
    return Question(
        title=words["title"],
        heading=words["origin-heading"],
        facts=_facts(question.origin, question.holder, question.code, None, language),
        warnings=(words["origin-warning"], *((words["code-warning"],) if question.code else ())),
        accept=words["allow"],
        cancel=words["refuse"],
    )


def pin_question(request: PinRequest, code: str, language: str) -> Question:
    """Type the PIN here."""
    return _use_question(request, code, language, heading="pin-heading", accept="validate")


def use_question(request: PinRequest, code: str, language: str) -> Question:
    """Do you agree to this signature? The PIN is typed elsewhere."""
    return _use_question(request, code, language, heading="use-heading", accept="allow")


def pinpad_question(request: PinRequest, code: str, language: str) -> Question:
    """Type the PIN on the reader."""
    return _use_question(request, code, language, heading="pinpad-heading", accept="")


def malformed(request: PinRequest, language: str) -> str:
    """The PIN does not have the length or the characters of this card's."""
    least, most = request.format.least, request.format.most
    length = f"{least}" if least == most else f"{least} à {most}" if language == FRENCH else f"{least} to {most}"
    return _WORDS[language]["malformed-digits" if request.format.numeric else "malformed"].format(length=length)


def field_label(language: str) -> str:
    return _WORDS[language]["field"]


def _use_question(request: PinRequest, code: str, language: str, *, heading: str, accept: str) -> Question:
    words = _WORDS[language]
    last = request.is_last_try
    return Question(
        title=words["title"],
        heading=words[heading].format(purpose=words[request.purpose.value]),
        facts=_facts(request.origin, request.holder, code, request.tries_left, language),
        warnings=(words["last-try"],) if last else (),
        tick=words["tick"] if last else "",
        tick_missing=words["tick-missing"],
        accept=words[accept] if accept else "",
        cancel=words["cancel"] if accept else "",
    )


def _facts(
    origin: str, holder: Holder | None, code: str, tries_left: int | None, language: str
) -> tuple[tuple[str, str], ...]:
    words = _WORDS[language]
    facts = [(words["site"], origin)]
    if holder is not None:
        facts.append((words["holder"], ", ".join(text for text in (holder.name, holder.profession) if text)))
    if code:
        facts.append((words["code"], code))
    if tries_left is not None:
        facts.append((words["tries"], str(tries_left)))
    return tuple((name, _one_line(value)) for name, value in facts)


def _one_line(value: str) -> str:
    """A card may hold any text: no line ends and no direction marks, and 120 characters."""
    return "".join(character if character.isprintable() else " " for character in value)[:120]


_WORDS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "title": "Carte CPS",
        "login": "vous connecter",
        "step-up": "confirmer votre identité",
        "enrollment": "demander un compte",
        "origin-heading": "Autoriser ce site à utiliser votre carte ?",
        "origin-warning": "N’acceptez que si vous venez d’ouvrir ce site.",
        "code-warning": "Le repère doit être celui que montre la page.",
        "pin-heading": "Tapez votre code PIN pour {purpose}",
        "use-heading": "Utiliser votre carte pour {purpose} ?",
        "pinpad-heading": "Tapez votre code PIN sur le clavier du lecteur pour {purpose}",
        "site": "Site",
        "holder": "Titulaire",
        "code": "Repère",
        "tries": "Essais restants",
        "field": "Code PIN",
        "last-try": "C’est le dernier essai : un code inexact bloquera la carte.",
        "tick": "J’utilise le dernier essai, et je sais que la carte peut se bloquer",
        "tick-missing": "Cochez la case pour utiliser le dernier essai.",
        "malformed": "Le code PIN a {length} caractères.",
        "malformed-digits": "Le code PIN a {length} chiffres.",
        "validate": "Valider",
        "allow": "Autoriser",
        "refuse": "Refuser",
        "cancel": "Annuler",
    },
    "en": {
        "title": "CPS card",
        "login": "log in",
        "step-up": "confirm your identity",
        "enrollment": "ask for an account",
        "origin-heading": "Allow this site to use your card?",
        "origin-warning": "Accept only if you have just opened this site.",
        "code-warning": "The code must be the one that the page shows.",
        "pin-heading": "Type your PIN to {purpose}",
        "use-heading": "Use your card to {purpose}?",
        "pinpad-heading": "Type your PIN on the keypad of the reader to {purpose}",
        "site": "Site",
        "holder": "Holder",
        "code": "Code",
        "tries": "Tries left",
        "field": "PIN",
        "last-try": "This is the last try: a wrong PIN will block the card.",
        "tick": "I use the last try, and I know that the card may be blocked",
        "tick-missing": "Tick the box to use the last try.",
        "malformed": "The PIN has {length} characters.",
        "malformed-digits": "The PIN has {length} digits.",
        "validate": "OK",
        "allow": "Allow",
        "refuse": "Refuse",
        "cancel": "Cancel",
    },
}
