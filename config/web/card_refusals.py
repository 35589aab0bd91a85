"""What both services say when they do not believe a card, by the reasons of `card_bridge/verification/refusals.py`.

The sentences that name another way, such as a password or a request without a card, are those of each service.
"""

from typing import Final

from config.web.wording import N_

CARD_REFUSALS: Final = {
    "card.malformed": N_("Le certificat de cette carte est illisible : demandez une autre carte."),
    "card.unreadable": N_("La réponse du logiciel de carte est illisible : mettez-le à jour, puis réessayez."),
    "card.weak-key": N_("Cette carte est d'une génération trop ancienne : demandez une nouvelle carte."),
    "card.weak-algorithm": N_("Cette carte est d'une génération trop ancienne : demandez une nouvelle carte."),
    "card.untrusted": N_("Cette carte n'est pas une carte CPS reconnue ici : insérez votre carte CPS."),
    "card.wrong-policy": N_("Ce type de carte n'est pas accepté ici : insérez votre carte CPS."),
    "card.wrong-category": N_("Les cartes de test et les cartes réelles ne se mélangent pas : insérez l'autre carte."),
    "card.wrong-type": N_("Ce type de carte n'est pas accepté ici : insérez votre carte CPS."),
    "card.challenge": N_("Cette lecture de la carte a expiré, ou vient d'une autre page : recommencez."),
}
