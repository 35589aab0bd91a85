"""What the identity provider says for each of its codes: refusals, the rules of passwords, faults of applications.

The sentences of the shell itself are in `config/web/wording.py`.
"""

from config.settings import Settings
from config.web.wording import N_, FaultWords, Wording


def wording(settings: Settings) -> Wording:
    """The sentences, with the numbers of this installation in them."""
    facts = {"days": settings.password_lifetime.days, "remembered": settings.password_history}
    return Wording(sentences=SENTENCES, faults=FAULTS, facts=facts)


SENTENCES = {
    # --- why a login goes no further
    "login.refused": N_("L'identifiant ou le mot de passe est inexact."),
    "login.missing": N_("Saisissez votre identifiant."),
    "login.incomplete": N_("Saisissez votre identifiant et votre mot de passe."),
    "login.wait": N_("Trop d'essais se sont suivis"),
    "login.recent": N_("Par sécurité, cette application demande de vous identifier à nouveau."),
    "login.same-person": N_(
        "L'application attend la personne qui s'y était connectée : identifiez-vous avec ce compte."
    ),
    # --- what a password must be, said beside the field
    "rule.length": N_(
        "12 caractères avec minuscules, majuscules, chiffres et signes ; ou 14 avec trois de ces sortes ; "
        "ou une phrase de 7 mots"
    ),
    "rule.legacy-length": N_("au moins 8 caractères"),
    "rule.not-personal": N_("ni votre identifiant, ni votre nom, ni votre adresse"),
    "rule.not-common": N_("pas un mot de passe courant"),
    "rule.not-current": N_("différent du mot de passe actuel"),
    "rule.not-previous": N_("différent des %(remembered)d précédents"),
    "rule.legacy-lifetime": N_("à renouveler tous les %(days)d jours"),
    # --- why a new password is refused
    "password.missing": N_("Saisissez le nouveau mot de passe."),
    "password.too-long": N_("Ce mot de passe est trop long : 1 024 caractères au plus."),
    "password.too-short": N_("Ce mot de passe est trop court."),
    "password.too-simple": N_("Ce mot de passe est trop simple : allongez-le, ou variez les caractères."),
    "password.repetitive": N_("Ce mot de passe répète trop peu de caractères différents."),
    "password.common": N_("Ce mot de passe est parmi les premiers que l'on devine."),
    "password.personal": N_("Ce mot de passe contient votre identifiant, votre nom ou votre adresse."),
    "password.unprintable": N_("Ce mot de passe contient un caractère qui ne se saisit pas au clavier."),
    "password.reused": N_("Ce mot de passe a déjà servi : choisissez-en un autre."),
    "current-password": N_("L'identifiant ou le mot de passe actuel est inexact."),
    # --- what is known of an application once the session has ended
    "logout.closed": N_("fermée"),
    "logout.telling": N_("réponse attendue"),
    "logout.retrying": N_("n'a pas répondu, nouvel essai prévu"),
    "logout.waiting": N_("à venir"),
    "logout.asked": N_("en cours"),
    "logout.unconfirmed": N_("n'a pas confirmé"),
    "logout.untold": N_("ne peut pas être prévenue"),
    # --- the level of a login
    "method.password": N_("Identifiant et mot de passe"),
    "method.two-factors": N_("Mot de passe et second facteur"),
    "method.card": N_("Carte CPS"),
}

FAULTS = {
    "client.missing": FaultWords(
        N_("L'application n'a pas dit qui elle est"),
        N_("Le lien qui vous a conduit ici ne nomme aucune application."),
        N_("Repartez de l'application que vous vouliez ouvrir."),
    ),
    "client.unknown": FaultWords(
        N_("Cette application n'est pas connue ici"),
        N_("L'application qui vous envoie n'est pas enregistrée auprès de ce service."),
        N_("Signalez-le au service d'assistance de cette application."),
    ),
    "client.suspended": FaultWords(
        N_("Cette application est suspendue"),
        N_("L'accès à cette application est fermé pour le moment."),
        N_("Signalez-le au service d'assistance, en donnant la référence."),
    ),
    "redirect_uri.unregistered": FaultWords(
        N_("L'application ne peut pas recevoir votre connexion"),
        N_("L'adresse à laquelle l'application attend la réponse n'est pas celle qu'elle a déclarée."),
        N_("Vous n'y êtes pour rien : signalez-le au service d'assistance de l'application, en donnant la référence."),
    ),
    "redirect_uri.missing": FaultWords(
        N_("L'application ne peut pas recevoir votre connexion"),
        N_("L'application n'a pas dit à quelle adresse elle attend la réponse."),
        N_("Vous n'y êtes pour rien : signalez-le au service d'assistance de l'application, en donnant la référence."),
    ),
    "parameter.repeated": FaultWords(
        N_("La demande de l'application est ambiguë"),
        N_("L'application a donné deux fois la même information."),
        N_("Vous n'y êtes pour rien : signalez-le au service d'assistance de l'application, en donnant la référence."),
    ),
    "request.malformed": FaultWords(
        N_("La demande de l'application est illisible"),
        N_("L'application a envoyé des caractères ou un nombre d'informations que nous ne pouvons pas lire."),
        N_("Vous n'y êtes pour rien : signalez-le au service d'assistance de l'application, en donnant la référence."),
    ),
    "post_logout_redirect_uri.unregistered": FaultWords(
        N_("Le retour à l'application n'est pas possible"),
        N_("L'adresse de retour n'est pas celle que l'application a déclarée."),
        N_("Fermez cette page, ou repartez de l'application."),
    ),
}
