"""What enrollment says for each of its codes: what is wrong with a field, refusals, faults.

The sentences of the shell itself are in `config/web/wording.py`; the prose of a page is
in its template.
"""

from config.reference.numbers import NumberFault
from config.reference.telephones import TelephoneFault
from config.web.wording import N_, FaultWords, Wording
from enrollment.settings import EnrollmentSettings


def wording(settings: EnrollmentSettings) -> Wording:
    """The sentences, with the numbers of this installation in them."""
    return Wording(sentences=SENTENCES, faults=FAULTS, facts={"working_days": settings.announced_working_days})


SENTENCES: dict[str, str] = {
    # --- steps of the person who asks
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
    # --- pages of operators
}

FAULTS: dict[str, FaultWords] = {
    # --- links and drafts
    # --- operators
}
