"""The page of the demonstration that inserts and pulls virtual cards."""

from html import escape
from typing import Final

from werkzeug.wrappers import Request, Response

from card_bridge.workstation.pages.frame import html_page, page_language, with_forms
from card_bridge.workstation.texts import ENGLISH, FRENCH
from card_bridge.workstation.virtual.kit import Kit
from card_bridge.workstation.virtual.personas import PERSONAS, PIN, PIN_TRIES, Persona
from card_bridge.workstation.virtual.questions import WRONG_PIN, Answer, Questions, ShownQuestion

_REFRESH: Final = 2  # seconds: a question of the bridge appears on the page

_ANSWERS: Final = {
    Answer.ACCEPT: ("Autoriser", "Allow"),
    Answer.RIGHT_PIN: (f"Taper {PIN}, le bon code", f"Type {PIN}, the right PIN"),
    Answer.WRONG_PIN: (f"Taper {WRONG_PIN}, un code inexact", f"Type {WRONG_PIN}, a wrong PIN"),
    Answer.REFUSE: ("Refuser", "Refuse"),
}

_FRENCH_DESCRIPTIONS: Final = {
    "doctor": "médecin",
    "nurse": "infirmière, avec une carte CPS4",
    "midwife": "sage-femme",
    "pharmacist": "pharmacien, avec une carte CPS4",
    "secretary": "secrétaire d’un établissement, avec une carte CPE",
    "newcomer": "médecin sans compte",
    "renewed": "la nouvelle carte du médecin, une CPS4",
    "expires-soon": "le certificat expire dans vingt jours",
    "expired": "le certificat a expiré il y a dix jours",
    "not-yet-valid": "le certificat commence dans dix jours",
    "revoked": "la carte a été déclarée perdue",
    "real-category": "se dit carte en service, et non carte de test",
    "wrong-issuer": "émise par une autorité qui a le bon nom et une autre clé",
    "wrong-usage": "le certificat sert à la messagerie, et non à l’authentification",
    "not-activated": "livrée, et pas encore activée",
    "pin-blocked": "le code PIN est bloqué après trois erreurs",
}


def kit_page(kit: Kit, request: Request) -> Response:
    """Every card, with its state and a button that inserts it."""
    language = page_language(request)
    french = language == FRENCH
    inserted = kit.insertion.persona
    rows = "\n".join(_row(kit, persona, language, is_inserted=persona.name == inserted) for persona in PERSONAS)
    heads = ("Carte", "Titulaire", "Essais", "Lecteur") if french else ("Card", "Holder", "Tries left", "Reader")
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    if inserted is None:
        state = "Le lecteur virtuel est vide." if french else "The virtual reader is empty."
    else:
        state = f"Carte insérée\u202f: {inserted}." if french else f"Inserted card: {inserted}."
    intro = (
        f"Personnes et cartes sont inventées. Le code PIN de chaque carte est {PIN}."
        if french
        else f"People and cards are invented. The PIN of every card is {PIN}."
    )
    renew = "Rendre leurs essais à toutes les cartes" if french else "Give every card its tries back"
    other = ENGLISH if french else FRENCH
    questions = Questions(kit)
    main = f"""{_question(questions.waiting, language)}
<p>{intro}</p>
<p role="status"><strong>{state}</strong></p>
{_button("pull", "Retirer la carte" if french else "Pull the card", language) if inserted else ""}
<table><thead><tr>{head}</tr></thead><tbody>
{rows}
</tbody></table>
{_button("renew-tries", renew, language)}
<p><a href="/?lang={other}" lang="{other}" hreflang="{other}">{"English" if french else "Français"}</a></p>"""
    title = "Cartes CPS virtuelles" if french else "Virtual CPS cards"
    response = with_forms(html_page(title=title, main=main, language=language))
    if questions.are_asked_here:
        response.headers["Refresh"] = str(_REFRESH)
    return response


def _question(question: ShownQuestion | None, language: str) -> str:
    """What the bridge asks, in its language, with a button for each answer; the page comes back in `language`."""
    if question is None:
        return ""
    colon = "\u202f:" if question.language == FRENCH else ":"
    facts = "".join(f"<p>{escape(name)}{colon} <strong>{escape(value)}</strong></p>" for name, value in question.facts)
    warnings = "".join(f'<p class="warning">{escape(warning)}</p>' for warning in question.warnings)
    answers = "".join(
        _button("answer", _ANSWERS[answer][question.language != FRENCH], language, answer=answer.value, to=question.id)
        for answer in question.answers
    )
    heading = f"<h2>{escape(question.heading)}</h2>"
    return f'<section role="alert" lang="{question.language}">{heading}{facts}{warnings}{answers}</section>'


def _row(kit: Kit, persona: Persona, language: str, *, is_inserted: bool) -> str:
    french = language == FRENCH
    holder = persona.holder
    name = f"{holder.given_name} {holder.family_name}".strip() or holder.national_id
    description = _FRENCH_DESCRIPTIONS[persona.name] if french else persona.description
    label = "Insérer" if french else "Insert"
    action = (
        ("Insérée" if french else "Inserted")
        if is_inserted
        else _button("insert", label, language, persona=persona.name)
    )
    kind = persona.generation.value
    return (
        f'<tr><th scope="row"><code>{escape(persona.name)}</code> <span class="quiet">{kind}</span></th>'
        f'<td>{escape(name)}<br><span class="quiet">{escape(description)}</span></td>'
        f"<td>{kit.tries(persona).left} / {PIN_TRIES}</td><td>{action}</td></tr>"
    )


def _button(path: str, label: str, language: str, **fields: str) -> str:
    values = {"lang": language, **fields}
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in values.items())
    named = f"{label} {fields['persona']}" if "persona" in fields else label
    button = f'<button aria-label="{escape(named)}">{escape(label)}</button>'
    return f'<form method="post" action="/{path}">{hidden}{button}</form>'
