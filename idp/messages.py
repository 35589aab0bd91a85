"""The wording of the identity provider: the sentences of its codes, for refusals, password rules and faults.

The wording of the web shell is in `config/web/wording.py`.
"""

from config.web.card_refusals import CARD_REFUSALS
from config.web.wording import N_, FaultWords, Wording
from idp.settings import Settings


def wording(settings: Settings) -> Wording:
    """The wording, with the values of this installation."""
    facts = {"days": settings.password_lifetime.days, "remembered": settings.password_history}
    return Wording(sentences=SENTENCES, faults=FAULTS, facts=facts)


SENTENCES = {
    # --- why a login goes no further
    "login.refused": N_("L'identifiant ou le mot de passe est incorrect."),
    "login.missing": N_("Saisissez votre identifiant."),
    "login.too-long": N_("Cet identifiant est trop long : 254 caractères au maximum."),
    "own-password.missing": N_("Saisissez votre mot de passe."),
    "own-password.too-long": N_("Ce mot de passe est trop long : 1 024 caractères au maximum."),
    "login.recent": N_("Par sécurité, cette application vous demande de vous identifier de nouveau."),
    "login.same-person": N_(
        "L'application attend la personne qui s'y est déjà connectée : identifiez-vous avec le même compte."
    ),
    "login.assurance": N_("Cette application exige une autre preuve que celle que vous avez donnée."),
    "login.voluntary-assurance": N_(
        "Cette application demande, si vous le pouvez, une autre preuve que celle que vous avez donnée."
    ),
    # --- why a card does not log in (card_bridge/verification/refusals.py, idp/accounts/login_failures.py)
    **CARD_REFUSALS,
    "card.wrong-signature": N_("Votre carte n'a pas signé la demande de ce site : recommencez depuis l'application."),
    "card.not-yet-valid": N_("Cette carte n'est pas encore valable : utilisez la précédente."),
    "card.expired": N_("Cette carte a expiré : insérez la nouvelle, ou connectez-vous autrement."),
    "card.wrong-usage": N_(
        "Ce certificat ne sert pas à se connecter : insérez votre carte CPS, ou choisissez son certificat "
        "d'authentification."
    ),
    "card.no-identifier": N_("Cette carte ne porte pas votre numéro de professionnel : appelez l'assistance."),
    "card.revoked": N_("Cette carte a été révoquée : insérez la nouvelle, ou connectez-vous autrement."),
    "card.revocation-unknown": N_(
        "Nous ne pouvons pas vérifier que cette carte est toujours valable : réessayez plus tard, ou connectez-vous "
        "autrement."
    ),
    "card.not-shown": N_(
        "Votre navigateur n'a montré aucun certificat : insérez la carte, et tapez son code quand il le demande."
    ),
    # --- what a password must be, said beside the field
    "rule.length": N_(
        "au moins 12 caractères mêlant minuscules, majuscules, chiffres et caractères spéciaux ; ou 14 "
        "caractères de trois de ces types ; ou une phrase de 7 mots"
    ),
    "rule.legacy-length": N_("au moins 8 caractères"),
    "rule.not-personal": N_("sans votre identifiant, votre nom ni votre adresse"),
    "rule.not-common": N_("qui n'est pas un mot de passe courant"),
    "rule.not-current": N_("différent du mot de passe actuel"),
    "rule.not-previous": N_("différent des %(remembered)d précédents"),
    "rule.legacy-lifetime": N_("à renouveler tous les %(days)d jours"),
    # --- why a new password is refused
    "password.missing": N_("Saisissez un nouveau mot de passe."),
    "password.too-long": N_("Ce mot de passe est trop long : 1 024 caractères au maximum."),
    "password.too-short": N_("Ce mot de passe est trop court."),
    "password.too-simple": N_("Ce mot de passe est trop simple : allongez-le ou variez les caractères."),
    "password.repetitive": N_("Ce mot de passe répète trop souvent les mêmes caractères."),
    "password.common": N_("Ce mot de passe est trop courant : il serait vite deviné."),
    "password.personal": N_("Ce mot de passe contient votre identifiant, votre nom ou votre adresse."),
    "password.unprintable": N_("Ce mot de passe contient un caractère qui ne peut pas être saisi au clavier."),
    "password.reused": N_("Vous avez déjà utilisé ce mot de passe : choisissez-en un autre."),
    "current-password.missing": N_("Saisissez votre mot de passe actuel."),
    "current-password.too-long": N_("Ce mot de passe est trop long : 1 024 caractères au maximum."),
    "sought.missing": N_("Saisissez votre identifiant ou votre adresse électronique."),
    "sought.too-long": N_("Cette saisie est trop longue : 254 caractères au maximum."),
    "current-password": N_("L'identifiant ou le mot de passe actuel est incorrect."),
    # --- what is known of an application once the session has ended
    "logout.closed": N_("fermée"),
    "logout.notifying": N_("réponse attendue"),
    "logout.retrying": N_("n'a pas répondu, nouvel essai prévu"),
    "logout.waiting": N_("en attente"),
    "logout.redirected": N_("en cours"),
    "logout.unconfirmed": N_("n'a pas confirmé"),
    "logout.not-notified": N_("ne peut pas être fermée d'ici"),
    # --- how a number of a person was proven, and who may find them
    "identifier.rpps": N_("Numéro RPPS"),
    "identifier.national": N_("Identifiant national"),
    "identifier.adeli": N_("Numéro ADELI"),
    "proof.typed": N_("saisi, sans vérification"),
    "proof.operator": N_("vérifié par un opérateur"),
    "proof.card": N_("lu sur votre carte CPS"),
    "proof.psc": N_("attesté par Pro Santé Connect"),
    "confidentiality.public": N_("Public"),
    "confidentiality.public.effect": N_(
        "Tout visiteur voit votre nom, votre profession et votre adresse professionnelle."
    ),
    "confidentiality.professionals": N_("Accès réservé aux professionnels"),
    "confidentiality.professionals.effect": N_("Seules les personnes connectées vous trouvent."),
    "confidentiality.hidden": N_("Caché"),
    "confidentiality.hidden.effect": N_("Personne ne vous trouve."),
    # --- the level of a login
    "method.password": N_("Identifiant et mot de passe"),
    "method.two-factors": N_("Mot de passe et second facteur"),
    "method.card": N_("Carte CPS"),
}

_TELL_SUPPORT = N_("Vous n'y êtes pour rien : signalez-le à l'assistance de l'application, en donnant la référence.")

FAULTS = {
    "client.missing": FaultWords(
        N_("L'application ne s'est pas identifiée"),
        N_("Le lien qui vous a conduit ici n'indique aucune application."),
        N_("Repartez de l'application que vous vouliez ouvrir."),
    ),
    "client.unknown": FaultWords(
        N_("Cette application n'est pas connue ici"),
        N_("L'application d'où vous venez n'est pas enregistrée auprès de ce service."),
        N_("Signalez-le à l'assistance de cette application."),
    ),
    "client.suspended": FaultWords(
        N_("Cette application est suspendue"),
        N_("L'accès à cette application est fermé pour le moment."),
        N_("Contactez l'assistance en donnant la référence."),
    ),
    "redirect_uri.unregistered": FaultWords(
        N_("La connexion à cette application est impossible"),
        N_("L'application demande une réponse à une adresse qu'elle n'a pas déclarée."),
        _TELL_SUPPORT,
    ),
    "redirect_uri.missing": FaultWords(
        N_("La connexion à cette application est impossible"),
        N_("L'application n'a pas indiqué l'adresse à laquelle elle attend la réponse."),
        _TELL_SUPPORT,
    ),
    "parameter.repeated": FaultWords(
        N_("La demande de l'application est ambiguë"),
        N_("L'application a envoyé deux fois la même information."),
        _TELL_SUPPORT,
    ),
    "request.malformed": FaultWords(
        N_("La demande de l'application est illisible"),
        N_("L'application a envoyé des caractères illisibles, ou trop d'informations."),
        _TELL_SUPPORT,
    ),
    "post_logout_redirect_uri.unregistered": FaultWords(
        N_("Le retour à l'application n'est pas possible"),
        N_("L'adresse de retour n'est pas celle que l'application a déclarée."),
        N_("Fermez cette page, ou repartez de l'application."),
    ),
    "saml.request-missing": FaultWords(
        N_("Aucune demande de connexion n'a été reçue"),
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
        N_("L'application l'a envoyée il y a trop longtemps, ou son horloge n'est pas à l'heure."),
        N_("Repartez de l'application. Si cela se répète, signalez-le à son assistance."),
    ),
    "saml.request-replayed": FaultWords(
        N_("Cette demande de connexion a déjà servi"),
        N_(
            "La page a été rechargée, ou le lien suivi une seconde fois. Par sécurité, une demande ne sert qu'une fois."
        ),
        N_("Repartez de l'application que vous vouliez ouvrir."),
    ),
    "saml.parameter-repeated": FaultWords(
        N_("La demande de l'application est ambiguë"),
        N_("L'application a envoyé deux fois la même information."),
        _TELL_SUPPORT,
    ),
    "saml.relay-state-too-long": FaultWords(
        N_("La demande de l'application est illisible"),
        N_("L'application joint à sa demande plus d'informations que nous n'en acceptons."),
        _TELL_SUPPORT,
    ),
    "saml.issuer-unknown": FaultWords(
        N_("Cette application n'est pas connue ici"),
        N_("L'application d'où vous venez n'est pas enregistrée auprès de ce service."),
        N_("Signalez-le à l'assistance de cette application."),
    ),
    "saml.application-suspended": FaultWords(
        N_("Cette application est suspendue"),
        N_("L'accès à cette application est fermé pour le moment."),
        N_("Contactez l'assistance en donnant la référence."),
    ),
    "saml.metadata-expired": FaultWords(
        N_("Cette application doit être enregistrée de nouveau"),
        N_(
            "Les informations que nous avons sur cette application ne sont plus valables, et n'ont pas pu être "
            "renouvelées."
        ),
        N_("Contactez l'assistance en donnant la référence."),
    ),
    "saml.signature-missing": FaultWords(
        N_("L'origine de la demande n'est pas garantie"),
        N_("Cette application signe ses demandes de connexion, et celle-ci n'est pas signée."),
        _TELL_SUPPORT,
    ),
    "saml.signature-wrong": FaultWords(
        N_("L'origine de la demande n'est pas garantie"),
        N_("La demande de connexion ne porte pas la signature de l'application."),
        _TELL_SUPPORT,
    ),
    "saml.destination-wrong": FaultWords(
        N_("Cette demande ne nous est pas destinée"),
        N_("L'application a adressé sa demande de connexion à un autre service, ou n'a pas indiqué de destinataire."),
        _TELL_SUPPORT,
    ),
    "saml.artifact-unresolved": FaultWords(
        N_("La demande de l'application n'a pas pu être obtenue"),
        N_("L'application garde sa demande de connexion sur son serveur, et ne nous l'a pas transmise."),
        N_("Repartez de l'application. Si cela se répète, signalez-le à son assistance."),
    ),
    "saml.consumer-unregistered": FaultWords(
        N_("La connexion à cette application est impossible"),
        N_("L'application demande une réponse à une adresse qu'elle n'a pas déclarée."),
        _TELL_SUPPORT,
    ),
    # --- the same faults of a message to log out (idp/saml/errors.py, LOGOUT_MESSAGES)
    "saml.request-missing/logout": FaultWords(
        N_("Aucune demande de déconnexion n'a été reçue"),
        N_("Le lien qui vous a conduit ici ne contient aucune demande de déconnexion."),
        N_("Repartez de l'application que vous vouliez quitter."),
    ),
    "saml.request-malformed/logout": FaultWords(
        N_("La demande de l'application est illisible"),
        N_("L'application a envoyé une demande de déconnexion que nous ne pouvons pas lire."),
        _TELL_SUPPORT,
    ),
    "saml.request-too-large/logout": FaultWords(
        N_("La demande de l'application est illisible"),
        N_("L'application a envoyé une demande de déconnexion trop longue."),
        _TELL_SUPPORT,
    ),
    "saml.request-expired/logout": FaultWords(
        N_("Cette demande de déconnexion a expiré"),
        N_("L'application l'a envoyée il y a trop longtemps, ou son horloge n'est pas à l'heure."),
        N_("Repartez de l'application. Si cela se répète, signalez-le à son assistance."),
    ),
    "saml.request-replayed/logout": FaultWords(
        N_("Cette demande de déconnexion a déjà servi"),
        N_(
            "La page a été rechargée, ou le lien suivi une seconde fois. Par sécurité, une demande ne sert qu'une fois."
        ),
        N_("Repartez de l'application que vous vouliez quitter."),
    ),
    "saml.signature-missing/logout": FaultWords(
        N_("L'origine de la demande n'est pas garantie"),
        N_("Une demande de déconnexion doit être signée, et celle-ci ne l'est pas."),
        _TELL_SUPPORT,
    ),
    "saml.signature-wrong/logout": FaultWords(
        N_("L'origine de la demande n'est pas garantie"),
        N_("La demande de déconnexion ne porte pas la signature de l'application."),
        _TELL_SUPPORT,
    ),
    "saml.destination-wrong/logout": FaultWords(
        N_("Cette demande ne nous est pas destinée"),
        N_("L'application a adressé sa demande de déconnexion à un autre service, ou n'a pas indiqué de destinataire."),
        _TELL_SUPPORT,
    ),
    "saml.logout-unknown": FaultWords(
        N_("Cette session n'est plus connue ici"),
        N_(
            "L'application demande de fermer une session que ce service n'a pas ouverte pour elle, ou dont il "
            "n'a plus trace."
        ),
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
        N_("Cette application ne peut pas être ouverte d'ici"),
        N_("La connexion doit commencer dans l'application elle-même."),
        N_("Ouvrez l'application, et connectez-vous depuis sa page d'accueil."),
    ),
    "saml.target-refused": FaultWords(
        N_("Ce lien ne mène pas à l'application"),
        N_("L'adresse à ouvrir n'est pas celle de l'application."),
        N_("Repartez de l'application que vous vouliez ouvrir."),
    ),
}
