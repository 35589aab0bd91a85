"""What the pages of operators say for each of their codes. Refusals of decisions are in `enrollment/messages.py`."""

from config.web.wording import N_, FaultWords, Wording

SENTENCES: dict[str, str] = {
    # --- saved views of the queue
    "view.to-decide": N_("À décider"),
    "view.mine": N_("Suivies par moi"),
    "view.unassigned": N_("Non attribuées"),
    "view.old": N_("Plus de 5 jours"),
    "view.more-asked": N_("Précision attendue"),
    "view.decided": N_("Décidées"),
    # --- what the queue says of a person
    "tag.card": N_("Carte vérifiée"),
    "tag.account": N_("Compte existant"),
    "tag.desk": N_("Vue au guichet"),
    "tag.invited": N_("Invitée"),
    "tag.email": N_("Courriel vérifié"),
    "tag.no-rpps": N_("Sans RPPS"),
    "tag.duplicate": N_("Doublon possible"),
}

FAULTS: dict[str, FaultWords] = {}

OFFICE = Wording(sentences=SENTENCES, faults=FAULTS)
