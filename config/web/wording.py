"""The wording: the sentences of codes, and those of faults.

Sentences are in French, marked for translation by `N_`. A service adds its own. A code is stable (journal,
integrators, tests); its sentence may change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.web.language import gettext


def N_(message: str) -> str:  # noqa: N802 - the name that message extraction looks for
    """Mark a message for translation; `gettext` translates it when it is used."""
    return message


@dataclass(frozen=True, slots=True)
class FaultWords:
    """The title and the two sentences of a fault. They blame nobody and reveal no internals."""

    title: str
    what_happened: str
    what_to_do: str

    def said(self) -> "FaultWords":
        return FaultWords(gettext(self.title), gettext(self.what_happened), gettext(self.what_to_do))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The wording of a service. `facts` are values of the installation for the placeholders of sentences."""

    sentences: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, FaultWords] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)

    def __or__(self, other: "Wording") -> "Wording":
        return Wording(
            sentences={**self.sentences, **other.sentences},
            faults={**self.faults, **other.faults},
            facts={**self.facts, **other.facts},
        )

    def say(self, code: str) -> str:
        """The sentence of `code` in the current language.

        Raises:
            KeyError: it has none. A test checks that every code has one.
        """
        return gettext(self.sentences[code]) % self.facts

    def fault(self, code: str, status: int) -> FaultWords:
        """The words of `code`, or of `status` when `code` has none."""
        words = self.faults.get(code) or self.faults[STATUS_FAULTS.get(status, "server.fault")]
        return words.said()


STATUS_FAULTS: Mapping[int, str] = {
    400: "request.malformed",
    403: "access.denied",
    404: "page.unknown",
    405: "request.method",
    413: "request.too-large",
    415: "request.media-type",
    429: "requests.too-many",
    500: "server.fault",
    503: "server.unavailable",
}

SHELL = Wording(
    sentences={
        "attempts.too-many": N_("Trop de tentatives"),
        "field.missing": N_("Remplissez ce champ."),
        "field.too-long": N_("Ce texte est trop long."),
        "field.repeated": N_("Ce champ n'a pas pu être lu : saisissez-le de nouveau."),
        "field.not-text": N_("Ce texte contient un caractère illisible : saisissez-le de nouveau."),
    },
    faults={
        "request.malformed": FaultWords(
            N_("Cette demande est illisible"),
            N_("Le lien suivi, ou ce que votre navigateur a envoyé, est incomplet ou endommagé."),
            N_("Repartez de l'application que vous vouliez ouvrir."),
        ),
        "form.forged": FaultWords(
            N_("Cette page n'était plus à jour"),
            N_(
                "Le formulaire envoyé ne vient pas d'une page encore ouverte dans ce navigateur, ou les cookies sont "
                "bloqués. Rien n'a été enregistré."
            ),
            N_("Revenez au formulaire et remplissez-le de nouveau, en acceptant les cookies de ce site."),
        ),
        "access.denied": FaultWords(
            N_("Vous n'avez pas accès à cette page"),
            N_("Votre compte ne donne pas accès à cette page."),
            N_("Si vous pensez que c'est une erreur, contactez l'assistance."),
        ),
        "page.unknown": FaultWords(
            N_("Cette page n'existe pas"),
            N_("L'adresse est inexacte, ou la page a été supprimée."),
            N_("Vérifiez l'adresse, ou repartez de l'application que vous vouliez ouvrir."),
        ),
        "request.method": FaultWords(
            N_("Cette adresse ne s'ouvre pas directement"),
            N_("Elle attend un autre type de requête que celui que votre navigateur a envoyé."),
            N_("Repartez de l'application que vous vouliez ouvrir."),
        ),
        "request.too-large": FaultWords(
            N_("Ce message est trop volumineux"),
            N_("Une application a envoyé ici un message plus long que nous n'en acceptons."),
            N_("Repartez de l'application. Si cela se répète, signalez-le à son assistance."),
        ),
        "form.too-large": FaultWords(
            N_("Votre saisie est trop longue"),
            N_("Le formulaire envoyé contient bien plus de texte que nous n'en acceptons."),
            N_("Revenez au formulaire et raccourcissez votre saisie."),
        ),
        "request.media-type": FaultWords(
            N_("Ce message n'est pas du type attendu"),
            N_("Cette adresse attend un autre type de contenu que celui qui a été envoyé."),
            N_("Repartez de l'application. Si cela se répète, signalez-le à son assistance."),
        ),
        "requests.too-many": FaultWords(
            N_("Trop de demandes"),
            N_("Votre réseau a envoyé trop de demandes en peu de temps."),
            N_("Patientez, puis réessayez."),
        ),
        "server.fault": FaultWords(
            N_("Une erreur est survenue de notre côté"),
            N_("La page n'a pas pu être affichée. Vous n'y êtes pour rien, et l'incident est enregistré."),
            N_("Réessayez dans un instant. Si cela se répète, contactez l'assistance en donnant la référence."),
        ),
        "server.unavailable": FaultWords(
            N_("La connexion est momentanément impossible"),
            N_("Un de nos services ne répond pas. Rien n'est perdu : le service reprendra automatiquement."),
            N_("En cas d'urgence, suivez la procédure de votre établissement."),
        ),
    },
)
