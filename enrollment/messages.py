"""What enrollment says for each of its codes: what is wrong with a field, refusals, faults.

The sentences of the shell itself are in `config/web/wording.py`; the prose of a page is
in its template.
"""

from config.web.wording import FaultWords, Wording
from enrollment.settings import EnrollmentSettings


def wording(settings: EnrollmentSettings) -> Wording:
    """The sentences, with the numbers of this installation in them."""
    return Wording(sentences=SENTENCES, faults=FAULTS, facts={"working_days": settings.announced_working_days})


SENTENCES: dict[str, str] = {
    # --- steps of the person who asks
    # --- pages of operators
}

FAULTS: dict[str, FaultWords] = {
    # --- links and drafts
    # --- operators
}
