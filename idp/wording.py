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
    "logout.waiting": N_("en attente"),
    "logout.asked": N_("en cours"),
    "logout.unconfirmed": N_("n'a pas confirmé"),
    "logout.untold": N_("ne peut pas être fermée d'ici"),
    # --- the level of a login
    "method.password": N_("Identifiant et mot de passe"),
    "method.two-factors": N_("Mot de passe et second facteur"),
    "method.card": N_("Carte CPS"),
}

_TELL_SUPPORT = N_(
    "Vous n'y êtes pour rien : signalez-le au service d'assistance de l'application, en donnant la référence."
)

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
        _TELL_SUPPORT,
    ),
    "redirect_uri.missing": FaultWords(
        N_("L'application ne peut pas recevoir votre connexion"),
        N_("L'application n'a pas dit à quelle adresse elle attend la réponse."),
        _TELL_SUPPORT,
    ),
    "parameter.repeated": FaultWords(
        N_("La demande de l'application est ambiguë"),
        N_("L'application a donné deux fois la même information."),
        _TELL_SUPPORT,
    ),
    "request.malformed": FaultWords(
        N_("La demande de l'application est illisible"),
        N_("L'application a envoyé des caractères ou un nombre d'informations que nous ne pouvons pas lire."),
        _TELL_SUPPORT,
    ),
    "post_logout_redirect_uri.unregistered": FaultWords(
        N_("Le retour à l'application n'est pas possible"),
        N_("L'adresse de retour n'est pas celle que l'application a déclarée."),
        N_("Fermez cette page, ou repartez de l'application."),
    ),
    "saml.request-missing": FaultWords(
        N_("La demande de l'application manque"),
        N_("Le lien qui vous a conduit ici ne contient aucune demande de connexion."),
        N_("Repartez de l'application que vous vouliez ouvrir."),
    ),
    "saml.request-malformed": FaultWords(
        N_("La demande de l'application est illisible"),
        N_("L'application a envoyé une demande de connexion que nous ne pouvons pas lire."),
        _TELL_SUPPORT,
    ),
    "saml.request-too-large": FaultWords(
        N_("La demande de l'application est illisible"),
        N_("L'application a envoyé une demande de connexion trop longue."),
        _TELL_SUPPORT,
    ),
    "saml.request-expired": FaultWords(
        N_("Cette demande de connexion a expiré"),
        N_("L'application l'a faite il y a trop longtemps, ou son horloge n'est pas à l'heure."),
        N_("Repartez de l'application. Si cela se répète, signalez-le à son service d'assistance."),
    ),
    "saml.request-replayed": FaultWords(
        N_("Cette demande de connexion a déjà servi"),
        N_("La page a été rechargée, ou le lien suivi une seconde fois : par sécurité, il ne sert qu'une fois."),
        N_("Repartez de l'application que vous vouliez ouvrir."),
    ),
    "saml.parameter-repeated": FaultWords(
        N_("La demande de l'application est ambiguë"),
        N_("L'application a donné deux fois la même information."),
        _TELL_SUPPORT,
    ),
    "saml.relay-state-too-long": FaultWords(
        N_("La demande de l'application est illisible"),
        N_("L'application demande de lui rendre plus d'informations que nous n'en acceptons."),
        _TELL_SUPPORT,
    ),
    "saml.issuer-unknown": FaultWords(
        N_("Cette application n'est pas connue ici"),
        N_("L'application qui vous envoie n'est pas enregistrée auprès de ce service."),
        N_("Signalez-le au service d'assistance de cette application."),
    ),
    "saml.application-suspended": FaultWords(
        N_("Cette application est suspendue"),
        N_("L'accès à cette application est fermé pour le moment."),
        N_("Signalez-le au service d'assistance, en donnant la référence."),
    ),
    "saml.metadata-expired": FaultWords(
        N_("Cette application est à enregistrer à nouveau"),
        N_("Ce que nous savons de cette application n'est plus valable, et n'a pas pu être renouvelé."),
        N_("Signalez-le au service d'assistance, en donnant la référence."),
    ),
    "saml.signature-missing": FaultWords(
        N_("L'origine de la demande n'est pas sûre"),
        N_("Cette application signe ses demandes de connexion, et celle-ci ne l'est pas."),
        _TELL_SUPPORT,
    ),
    "saml.signature-wrong": FaultWords(
        N_("L'origine de la demande n'est pas sûre"),
        N_("La signature de la demande de connexion n'est pas celle de l'application."),
        _TELL_SUPPORT,
    ),
    "saml.destination-wrong": FaultWords(
        N_("Cette demande n'est pas pour nous"),
        N_("L'application a adressé sa demande de connexion à un autre service, ou n'a pas dit à qui."),
        _TELL_SUPPORT,
    ),
    "saml.artifact-unresolved": FaultWords(
        N_("La demande de l'application n'a pas pu être obtenue"),
        N_("L'application garde sa demande de connexion chez elle, et ne nous l'a pas donnée."),
        N_("Repartez de l'application. Si cela se répète, signalez-le à son service d'assistance."),
    ),
    "saml.consumer-unregistered": FaultWords(
        N_("L'application ne peut pas recevoir votre connexion"),
        N_("L'adresse à laquelle l'application attend la réponse n'est pas celle qu'elle a déclarée."),
        _TELL_SUPPORT,
    ),
    "saml.logout-unknown": FaultWords(
        N_("Cette session n'est plus connue ici"),
        N_("L'application demande de fermer une session que ce service ne lui a pas ouverte, ou qui est déjà oubliée."),
        N_("Fermez l'application elle-même, ou fermez le navigateur."),
    ),
    "saml.response-unexpected": FaultWords(
        N_("Cette réponse n'était pas attendue"),
        N_(
            "Une application confirme une déconnexion qui n'est pas en cours dans ce navigateur, ou l'a déjà confirmée."
        ),
        N_("Fermez cette page ; vos sessions n'ont pas changé."),
    ),
    "saml.start-refused": FaultWords(
        N_("Cette application ne s'ouvre pas d'ici"),
        N_("Elle demande que la connexion commence chez elle."),
        N_("Ouvrez l'application, et connectez-vous depuis sa page d'accueil."),
    ),
    "saml.target-refused": FaultWords(
        N_("Ce lien ne mène pas à l'application"),
        N_("L'adresse qu'il demande d'ouvrir n'est pas celle de l'application."),
        N_("Repartez de l'application que vous vouliez ouvrir."),
    ),
}
