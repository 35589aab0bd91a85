"""The self-test as a page, in French or in English."""

from collections.abc import Sequence
from html import escape
from typing import Final

from werkzeug.wrappers import Response

from card_bridge.workstation.pages.frame import html_page
from card_bridge.workstation.selftest import Check, Result
from card_bridge.workstation.texts import ENGLISH, FRENCH, LANGUAGES

_RESULTS: Final = {
    Result.PASSED: ("En ordre", "Passed"),
    Result.WARNING: ("À voir", "Warning"),
    Result.FAILED: ("En défaut", "Failed"),
}


def self_test_page(checks: Sequence[Check], language: str) -> Response:
    """Each check, what it found, and what to do."""
    index, french = LANGUAGES.index(language), language == FRENCH
    rows = "\n".join(
        f'<tr><th scope="row">{escape(check.title[index])}</th>'
        f'<td class="{check.result}">{_RESULTS[check.result][index]}</td>'
        f"<td>{escape(check.found[index])} <strong>{escape(check.to_do[index])}</strong></td></tr>"
        for check in checks
    )
    failed = sum(check.result is Result.FAILED for check in checks)
    if french:
        summary = "Ce poste est prêt." if not failed else f"Points en défaut : {failed}."
    else:
        summary = "This workstation is ready." if not failed else f"Failed checks: {failed}."
    heads = ("Point", "État", "Constat et action") if french else ("Check", "Result", "Found, and what to do")
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    other = ENGLISH if french else FRENCH
    links = (
        ("Refaire l’autotest", "Fiche pour le service informatique", "English")
        if french
        else ("Run the self-test again", "Sheet for the IT department", "Français")
    )
    main = f"""<p role="status"><strong>{summary}</strong></p>
<table><thead><tr>{head}</tr></thead><tbody>
{rows}
</tbody></table>
<p class="screen"><a class="action" href="/?lang={language}">{links[0]}</a></p>
<p class="screen"><a href="/sheet?lang={language}">{links[1]}</a></p>
<p class="screen"><a href="/?lang={other}" lang="{other}" hreflang="{other}">{links[2]}</a></p>"""
    return html_page(title="Autotest du poste" if french else "Workstation self-test", main=main, language=language)
