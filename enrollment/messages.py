"""What enrollment says for each of its codes: what is wrong with a field, refusals of cards, faults.

What only operators read is in `office/messages.py`, and the sentences of the web shell in `config/web/wording.py`. The
prose of a page is in its template.
"""

from config.reference.numbers import NumberFault
from config.reference.telephones import TelephoneFault
from config.web.card_refusals import CARD_REFUSALS
from config.web.wording import N_, FaultWords, Wording
from enrollment.settings import EnrollmentSettings


def wording(settings: EnrollmentSettings) -> Wording:
    """The sentences, with the numbers of this installation in them."""
    facts = {
        "working_days": settings.announced_working_days,
        "invitations_per_hour": settings.invitations_per_hour,
    }
    return Wording(sentences=SENTENCES, faults=FAULTS, facts=facts)


SENTENCES: dict[str, str] = {
    # --- fields of a person
    "person.rpps": N_("Numéro RPPS"),
    "person.adeli": N_("Ancien numéro ADELI"),
    "person.profession": N_("Profession"),
    "person.title": N_("Titre"),
    "person.civility": N_("Civilité"),
    "person.family_name": N_("Nom d'exercice"),
    "person.given_name": N_("Prénom"),
    "person.birth_name": N_("Nom de naissance"),
    "person.country": N_("Pays"),
    "person.street": N_("Numéro et rue"),
    "person.po_box": N_("Boîte postale"),
    "person.postcode": N_("Code postal"),
    "person.town": N_("Ville"),
    "person.cedex": N_("Cedex"),
    "person.department": N_("Département"),
    "person.telephone": N_("Téléphone"),
    "person.emergency_telephone": N_("Téléphone en urgence"),
    "person.mobile": N_("Mobile"),
    "person.fax": N_("Télécopie"),
    "person.email": N_("Adresse électronique"),
    "person.confidentiality": N_("Niveau dans l'annuaire"),
    "confidentiality.public": N_("Public"),
    "confidentiality.professionals": N_("Accès réservé aux professionnels"),
    "confidentiality.hidden": N_("Caché"),
    "filled-by.card": N_("Lu sur votre carte"),
    "filled-by.register": N_("Registre national"),
    # --- what is wrong with a field
    "conditions.missing": N_("Lisez et acceptez les conditions d'utilisation."),
    "conditions.too-long": N_("Lisez et acceptez les conditions d'utilisation."),
    "conditions.changed": N_("Les conditions d'utilisation viennent de changer : lisez-les, puis acceptez-les."),
    "card.missing": N_("Dites si vous possédez une carte CPS."),
    "card.too-long": N_("Dites si vous possédez une carte CPS."),
    # --- why a card was not read (card_bridge/verification/refusals.py)
    **CARD_REFUSALS,
    "card.wrong-signature": N_("Votre carte n'a pas signé la demande de ce site : recommencez la lecture."),
    "card.not-yet-valid": N_("Cette carte n'est pas encore valable : utilisez la précédente, ou continuez sans carte."),
    "card.expired": N_("Cette carte a expiré : insérez la nouvelle, ou continuez sans carte."),
    "card.wrong-usage": N_("Ce certificat n'est pas celui qui prouve votre identité : insérez votre carte CPS."),
    "card.no-identifier": N_("Cette carte ne porte pas votre numéro de professionnel : continuez sans carte."),
    "card.revoked": N_("Cette carte a été révoquée : insérez la nouvelle, ou continuez sans carte."),
    "card.revocation-unknown": N_(
        "Nous ne pouvons pas vérifier que cette carte est toujours valable : réessayez plus tard, ou continuez sans "
        "carte."
    ),
    "card.unavailable": N_(
        "Le service qui vérifie les cartes ne répond pas : réessayez dans un moment, ou continuez sans carte."
    ),
    "card.has-account": N_("Cette carte ouvre déjà un compte : connectez-vous avec elle, sans nouvelle demande."),
    "card.forgotten": N_("La lecture de votre carte à la connexion n'est plus valable : recommencez-la ici."),
    "card.over": N_("La lecture de votre carte n'est plus valable : lisez-la de nouveau, ou continuez sans carte."),
    "card.too-often": N_("Trop de lectures de carte en une heure : réessayez plus tard, ou continuez sans carte."),
    "profession.missing": N_("Indiquez votre profession."),
    "profession.unknown": N_("Choisissez une profession de la liste."),
    "title.unknown": N_("Choisissez un titre de la liste."),
    "civility.missing": N_("Choisissez une civilité."),
    "family_name.missing": N_("Indiquez votre nom d'exercice."),
    "given_name.missing": N_("Indiquez votre prénom."),
    "name.characters": N_("Un nom s'écrit en lettres, avec des espaces, des traits d'union ou des apostrophes."),
    "name.alphabet": N_("Écrivez ce nom en lettres latines, comme au registre national."),
    "country.missing": N_("Choisissez un pays."),
    "country.unknown": N_("Choisissez un pays de la liste."),
    "street.missing": N_("Indiquez le numéro et la rue."),
    "postcode.missing": N_("Indiquez le code postal."),
    "postcode.shape": N_("Le code postal a cinq chiffres, par exemple 45000."),
    "town.missing": N_("Indiquez la ville."),
    "department.unknown": N_("Choisissez un département de la liste."),
    "telephone.missing": N_("Indiquez un téléphone."),
    "email.missing": N_("Indiquez votre adresse électronique."),
    "email.too-long": N_("Vérifiez l'adresse électronique : elle a 254 caractères au plus."),
    "email.invalid": N_("Vérifiez l'adresse électronique : elle ressemble à prenom.nom@exemple.fr."),
    "confidentiality.missing": N_("Dites qui peut vous trouver dans l'annuaire."),
    "confidentiality.closes": N_(
        "Ce niveau ferme une application que vous demandez : choisissez un autre niveau, ou retirez-la de vos accès."
    ),
    # --- what is wrong with what is asked for
    "wanted.nothing": N_("Choisissez au moins un accès."),
    "wanted.reason-missing": N_("Dites en une phrase pourquoi vous en avez besoin."),
    "wanted.reason-too-long": N_("Cette phrase est trop longue : 500 caractères au plus."),
    "wanted.role-unknown": N_("Choisissez un rôle de la liste."),
    "wanted.not-offered": N_("Cet accès ne se demande plus : retirez-le."),
    "wanted.needs-community": N_("Cet accès demande aussi une communauté : ajoutez-la."),
    "wanted.closed-to-level": N_(
        "Cet accès est fermé à votre niveau dans l'annuaire : retirez-le, ou changez de niveau."
    ),
    # --- what is wrong with what is sent
    "bot.trapped": N_("Laissez vide le champ caché, puis envoyez de nouveau : il sert à reconnaître les programmes."),
    "bot.too-quick": N_("C'était très rapide : relisez votre demande, puis envoyez-la de nouveau."),
    "bot.wrong-proof": N_("Le calcul de votre navigateur n'a pas pu être vérifié : envoyez de nouveau."),
    "answer.too-long": N_("Cette réponse est trop longue : 2 000 caractères au plus."),
    "answer.nothing-new": N_("Rien n'a changé : corrigez ce qui est demandé, ou écrivez votre réponse à l'opérateur."),
    # --- blocks of a request
    "block.identity": N_("Identité"),
    "block.address": N_("Adresse professionnelle"),
    "block.contact": N_("Vous joindre"),
    "block.directory": N_("Annuaire"),
    # --- where a request is, and what was decided of each part
    "state.pending": N_("À l'étude"),
    "state.more_asked": N_("Précision attendue"),
    "state.decided": N_("Décidée"),
    "state.withdrawn": N_("Retirée"),
    "state.lapsed": N_("Fermée"),
    "part.open": N_("À l'étude"),
    "part.accepted": N_("Accepté"),
    "part.refused": N_("Refusé"),
    "offer.unavailable": N_("La liste des accès est momentanément indisponible."),
    NumberFault.RPPS_SHAPE: N_("Le numéro RPPS a onze chiffres, par exemple 997 0012 3450."),
    NumberFault.RPPS_KEY: N_(
        "La clé du numéro RPPS ne correspond pas : vérifiez le dernier chiffre, ou confirmez ce numéro."
    ),
    NumberFault.ADELI_SHAPE: N_("Le numéro ADELI a neuf caractères, par exemple 45 931 2344."),
    NumberFault.ADELI_KEY: N_(
        "La clé du numéro ADELI ne correspond pas : vérifiez le dernier chiffre, ou confirmez ce numéro."
    ),
    TelephoneFault.NOT_A_NUMBER: N_("Écrivez le numéro en chiffres, sans poste ni texte, par exemple 02 61 91 12 34."),
    TelephoneFault.NO_SUCH_NUMBER: N_(
        "Vérifiez le nombre de chiffres. Hors de France, commencez par + et l'indicatif du pays."
    ),
}

FAULTS: dict[str, FaultWords] = {
    # --- signing in
    "sign-in.unknown": FaultWords(
        N_("Cette connexion n'est plus en cours"),
        N_("Elle a déjà servi, elle a expiré, ou elle a été commencée dans un autre navigateur."),
        N_("Recommencez la connexion, en acceptant les cookies de ce site."),
    ),
    "sign-in.refused": FaultWords(
        N_("La connexion n'a pas abouti"),
        N_("La plateforme régionale n'a pas confirmé votre identité. Vous avez peut-être annulé."),
        N_("Recommencez la connexion. Si cela se répète, contactez l'assistance en donnant la référence."),
    ),
    "sign-in.failed": FaultWords(
        N_("La connexion n'a pas pu être vérifiée"),
        N_("La réponse de la plateforme régionale n'est pas celle qui était attendue. L'incident est enregistré."),
        N_("Recommencez la connexion. Si cela se répète, contactez l'assistance en donnant la référence."),
    ),
}
