"""The coded reasons of a refusal. Each has words that the operator may change before the letter leaves."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from config.web.wording import N_


class RefusalCode(StrEnum):
    """Why a part is refused. The value is stored, and is what reports count."""

    NOT_IDENTIFIED = "not-identified"
    NOT_ELIGIBLE = "not-eligible"
    NO_NEED = "no-need"
    HAS_ACCOUNT = "has-account"
    COMMUNITY_REFUSED = "community-refused"
    ACCOUNT_REFUSED = "account-refused"
    OTHER = "other"


WORDS: Final[Mapping[RefusalCode, str]] = {
    RefusalCode.NOT_IDENTIFIED: N_(
        "Les éléments fournis ne permettent pas d'établir votre identité. Joignez-nous par téléphone pour compléter "
        "votre demande."
    ),
    RefusalCode.NOT_ELIGIBLE: N_("Cet accès est réservé à d'autres professions ou à d'autres structures."),
    RefusalCode.NO_NEED: N_("Le motif indiqué ne correspond pas à l'usage de cette application."),
    RefusalCode.HAS_ACCOUNT: N_(
        "Vous avez déjà un compte : connectez-vous, puis demandez cet accès depuis votre compte."
    ),
    RefusalCode.COMMUNITY_REFUSED: N_("Cet accès demande une communauté qui n'a pas été accordée."),
    RefusalCode.ACCOUNT_REFUSED: N_("Le compte lui-même n'est pas ouvert."),
    RefusalCode.OTHER: "",
}
"""The words that each reason proposes, in the language of the request; those of the last one are the operator's own."""
