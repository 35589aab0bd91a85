"""What the pages of operators say for each of their codes. What the person reads too is in `enrollment/messages.py`."""

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
    "tag.in-person": N_("Vue au guichet"),
    "tag.invited": N_("Invitée"),
    "tag.region": N_("Revient à la région"),
    "tag.email": N_("Courriel vérifié"),
    "tag.rpps-found": N_("RPPS trouvé"),
    "tag.rpps-differs": N_("RPPS discordant"),
    "tag.rpps-unknown": N_("RPPS inconnu"),
    "tag.rpps-key": N_("Clé RPPS fausse"),
    "tag.no-rpps": N_("Sans RPPS"),
    "tag.duplicate": N_("Doublon possible"),
    # --- states of a request
    "request-state.pending": N_("À décider"),
    "request-state.more_asked": N_("Précision attendue"),
    "request-state.decided": N_("Décidée"),
    "request-state.withdrawn": N_("Retirée"),
    "request-state.lapsed": N_("Close sans réponse"),
    # --- decisions
    "choice.accept": N_("Accepté"),
    "choice.refuse": N_("Refusé"),
    "choice.ask": N_("À préciser"),
    "refusal.not-identified": N_("Identité non établie"),
    "refusal.not-eligible": N_("Réservé à d'autres professions ou structures"),
    "refusal.no-need": N_("Motif sans rapport avec l'usage"),
    "refusal.has-account": N_("Compte déjà ouvert"),
    "refusal.community-refused": N_("Communauté non accordée"),
    "refusal.other": N_("Autre motif, dans vos mots"),
    "decision.date": N_("Écrivez une date, par exemple 31/12/2027."),
    "decision.reason-missing": N_("Choisissez le motif du refus."),
    "decision.refusal-words-missing": N_("Écrivez à la personne pourquoi cet accès est refusé."),
    "decision.fields-missing": N_("Cochez au moins un champ que la personne doit compléter."),
    # --- why a decision is not made
    "request.unknown": N_("Cette demande n'existe pas, ou n'est plus conservée."),
    "part.unknown": N_("Cette part ne figure pas dans la demande."),
    "decision.empty": N_("Choisissez au moins une décision."),
    "decision.not-permitted": N_("Votre rôle ne permet pas de décider."),
    "decision.own-request": N_("Personne ne décide de sa propre demande."),
    "decision.not-yours": N_("Cette part revient à d'autres approbateurs."),
    "decision.not-in-queue": N_("La demande n'est plus à décider."),
    "decision.changed-meanwhile": N_(
        "La demande a changé depuis que vous l'avez ouverte : relisez-la, puis décidez. Rien n'a été enregistré."
    ),
    "decision.already-decided": N_("Cette part est déjà décidée."),
    "decision.voters-unknown": N_(
        "Les opérateurs qui ont déjà accepté ont-ils toujours leur rôle ? Le fournisseur d'identité ne répond pas :"
        " réessayez dans un moment. Rien n'a été enregistré."
    ),
    "decision.already-asked": N_("Une précision est déjà attendue de la personne."),
    "decision.words-missing": N_("Écrivez à la personne ce qui est attendu."),
    "decision.field-unknown": N_("Ce champ ne peut pas être demandé de nouveau."),
    "decision.nobody-approves": N_(
        "La règle de cette part ne désigne aucun approbateur : elle ne peut pas être acceptée."
    ),
    "decision.ends-before": N_("La fin doit venir après le début, et après aujourd'hui."),
    "decision.application-unknown": N_("Cette application n'est plus enregistrée."),
    "decision.role-unknown": N_("Ce rôle n'existe pas dans cette application."),
    "decision.level-closed": N_("Cette application est fermée au niveau de confidentialité de la personne."),
    "decision.community-refused": N_("Cette application demande une communauté qui est refusée."),
    "decision.community-first": N_("Cette application demande une communauté : acceptez-la d'abord, ou en même temps."),
    "decision.community-missing": N_("Cette application demande une communauté que la personne n'a pas demandée."),
    # --- notes and accounts
    "note.missing": N_("Écrivez une note."),
    "account.unknown": N_("Ce compte ne correspond plus à la demande : rechargez la page."),
    # --- deliveries
    "delivery.waiting": N_("La décision n'est pas encore transmise au fournisseur d'identité."),
    "delivery.refused": N_("Le fournisseur d'identité a refusé la décision."),
    # --- why the identity provider refuses a decision (`idp_refusals.py`)
    "idp.operator.not-allowed": N_("L'opérateur qui a accepté n'a plus le rôle qu'il faut."),
    "idp.operator.own-request": N_("Personne ne décide de sa propre demande."),
    "idp.operator.reopens-operator": N_("Ce compte désactivé est celui d'un opérateur : un administrateur le rouvre."),
    "idp.operator.reopens-access": N_(
        "Ce compte désactivé retrouverait des accès dont l'opérateur ne répond pas : un autre opérateur le rouvre."
    ),
    "idp.account.unknown": N_("Le compte de la personne n'existe plus."),
    "idp.account.disabled": N_("Le compte de la personne est désactivé : acceptez le compte lui-même pour le rouvrir."),
    "idp.entitlement.needs-community": N_(
        "Une application demande une communauté dont la personne n'est pas membre : accordez-la d'abord."
    ),
    "idp.entitlement.level-closed": N_("Une application est fermée au niveau de confidentialité de la personne."),
    "idp.national-id.taken": N_(
        "Un autre compte a prouvé ce numéro national : choisissez-le parmi les comptes proches."
    ),
    "idp.identifier.taken": N_("Un autre compte a prouvé ce numéro : choisissez-le parmi les comptes proches."),
    "idp.login.taken": N_("Aucun identifiant n'est libre pour ce nom."),
    "idp.card.taken": N_("La carte est rattachée à un autre compte, ou a pris fin."),
    "idp.card.unknown": N_("La carte a été lue il y a plus de 90 jours : la personne doit la présenter de nouveau."),
    "idp.body.refused": N_(
        "Une valeur de la demande n'est pas acceptée, ou une communauté ou une application n'existe plus."
    ),
    "idp.other": N_("Le détail technique en dit la raison."),
    "delivery.tag.waiting": N_("En attente"),
    "delivery.tag.refused": N_("Refusée"),
    # --- evidence: its name, its result, what the result proves
    "evidence.card": N_("Carte CPS"),
    "evidence.card.verified": N_("Vérifiée"),
    "evidence.card.verified.worth": N_("Établit l'identité : code PIN tapé, certificat valable, non révoqué."),
    "evidence.card.none": N_("Aucune"),
    "evidence.card.none.worth": N_("L'identité est à établir autrement."),
    "evidence.account": N_("Compte"),
    "evidence.account.signed-in": N_("Connecté"),
    "evidence.account.signed-in.worth": N_("La personne s'est connectée à son compte pour faire cette demande."),
    "evidence.in-person": N_("Guichet"),
    "evidence.in-person.seen": N_("Vue"),
    "evidence.in-person.seen.worth": N_("Un opérateur a vu la personne et sa pièce d'identité."),
    "evidence.invitation": N_("Sur invitation"),
    "evidence.invitation.used": N_("Utilisée"),
    "evidence.invitation.used.worth": N_("Un opérateur a invité cette adresse."),
    "evidence.email": N_("Courriel"),
    "evidence.email.verified": N_("Vérifié"),
    "evidence.email.verified.worth": N_("La personne lit cette boîte."),
    "evidence.email.unverified": N_("Non vérifié"),
    "evidence.email.unverified.worth": N_("Rien ne montre que la personne lit cette boîte."),
    "evidence.rpps": N_("Numéro RPPS"),
    "evidence.rpps.none": N_("Aucun"),
    "evidence.rpps.none.worth": N_("Rien à comparer avec le registre national."),
    "evidence.rpps.well-formed": N_("Bien formé"),
    "evidence.rpps.well-formed.worth": N_("La clé est juste. Un numéro est public : il ne prouve pas qui l'a tapé."),
    "evidence.rpps.wrong-key": N_("Clé fausse"),
    "evidence.rpps.wrong-key.worth": N_("La personne l'a confirmé malgré la clé : à vérifier avec elle."),
    "evidence.register": N_("Registre national"),
    "evidence.register.matched": N_("Concorde"),
    "evidence.register.matched.worth": N_("Ce professionnel existe : nom, prénom et profession."),
    "evidence.register.differs": N_("Diffère"),
    "evidence.register.differs.worth": N_("Le numéro existe, sous d'autres indications."),
    "evidence.register.unknown": N_("Inconnu"),
    "evidence.register.unknown.worth": N_("Le registre n'a pas ce numéro."),
    "evidence.register.no-register": N_("Non consulté"),
    "evidence.register.no-register.worth": N_("Aucun extrait du registre n'a été importé."),
    "evidence.workplace": N_("Lieu d'exercice"),
    "evidence.workplace.there": N_("Concorde"),
    "evidence.workplace.there.worth": N_("Le registre a une structure à ce code postal."),
    "evidence.workplace.elsewhere": N_("Diffère"),
    "evidence.workplace.elsewhere.worth": N_("Le registre suit les déménagements avec retard."),
    # --- history
    "event.sent": N_("Demande envoyée"),
    "event.email-corrected": N_("Courriel corrigé"),
    "event.email-verified": N_("Courriel vérifié"),
    "event.answered": N_("Précision reçue"),
    "event.withdrawn": N_("Demande retirée"),
    "event.assigned": N_("Prise en charge"),
    "event.given-up": N_("Rendue à la file"),
    "event.account-recognised": N_("Compte reconnu"),
    "event.account-not-recognised": N_("Compte écarté"),
    "event.voted": N_("Voix pour"),
    "event.vote-dropped": N_("Voix qui ne compte plus"),
    "event.part-accepted": N_("Accès accepté"),
    "event.part-refused": N_("Accès refusé"),
    "event.more-asked": N_("Précision demandée"),
    "event.decided": N_("Demande décidée"),
    "event.reminded": N_("Relance"),
    "event.escalated": N_("Signalée à l'administration"),
    "event.lapsed": N_("Close sans réponse"),
    "event.delivered": N_("Décision transmise"),
    "event.delivery.refused": N_("Transmission refusée"),
    "event.other": N_("Autre événement"),
    # --- a request in person
    "event.enrolled": N_("Remplie au guichet"),
    "document.identity-card": N_("Carte nationale d'identité"),
    "document.passport": N_("Passeport"),
    "document.residence-permit": N_("Titre de séjour"),
    "document.professional-card": N_("Carte professionnelle avec photo"),
    "in-person.document-missing": N_("Choisissez la pièce d'identité que vous avez vue."),
    "in-person.conditions-missing": N_("La personne doit accepter les conditions d'utilisation."),
    # --- why people are not invited
    "invitee.email": N_("L'adresse électronique est une seule adresse, comme jeanne.dupont@exemple.test."),
    "invitee.given_name": N_("Le prénom tient sur une ligne, de 120 caractères au plus."),
    "invitee.family_name": N_("Le nom tient sur une ligne, de 120 caractères au plus."),
    "invitee.language": N_("La langue est fr ou en."),
    "invitee.until-shape": N_("Le dernier jour s'écrit comme 2027-01-31."),
    "invitee.until-passed": N_("Le dernier jour est passé."),
    "invitee.offer-away": N_("Ce qui est approuvé ne peut pas être vérifié en ce moment : réessayez plus tard."),
    "invitee.no-community": N_("Cette communauté n'existe pas :"),
    "invitee.no-application": N_("Cette application n'existe pas :"),
    "invitee.community-of-others": N_("Vous ne décidez pas pour cette communauté :"),
    "invitee.application-of-others": N_("Vous ne décidez pas pour cette application :"),
    "invitees.twice": N_("Cette adresse est déjà sur une ligne précédente : chaque personne est invitée une fois."),
    "invitees.header": N_("La première ligne nomme les colonnes : le courriel manque, ou l'une est inconnue."),
    "invitees.fields": N_("Cette ligne a plus de champs que la première n'a de colonnes."),
    "invitees.csv": N_("Le fichier n'est pas un fichier CSV :"),
    "invitees.not-text": N_("Le fichier n'est pas un texte en UTF-8 : enregistrez-le en UTF-8."),
    "invitees.too-many": N_("Le fichier a plus de 2 000 personnes : divisez-le."),
    "invitees.too-often": N_(
        "Un opérateur invite %(invitations_per_hour)d personnes par heure au plus : réessayez dans une heure, ou "
        "divisez le fichier."
    ),
    "invitees.nobody": N_("Choisissez un fichier qui nomme au moins une personne."),
}

FAULTS: dict[str, FaultWords] = {
    "request.not-found": FaultWords(
        N_("Cette demande n'existe pas"),
        N_("Son adresse est fausse, ou elle n'est plus conservée."),
        N_("Cherchez-la parmi les demandes, par le nom de la personne ou par sa référence."),
    ),
    "request.own": FaultWords(
        N_("Cette demande est la vôtre"),
        N_("Personne ne lit ni ne décide sa propre demande."),
        N_("Un autre opérateur y répondra. La page de suivi vous dit où elle en est."),
    ),
}

OFFICE = Wording(sentences=SENTENCES, faults=FAULTS)
