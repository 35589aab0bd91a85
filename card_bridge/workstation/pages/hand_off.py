"""The page of a hand-off that did not end in a signature: one sentence, one action, and the way back."""

from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Final, Self

from werkzeug.wrappers import Request, Response

from card_bridge.states import CardState, SignOutcome
from card_bridge.workstation.pages.frame import html_page, page_language
from card_bridge.workstation.texts import FRENCH, LANGUAGES, SENTENCES


class Problem(StrEnum):
    """What can fail between the bridge and the identity provider."""

    LINK_WRONG = "link-wrong"
    SERVICE_UNREACHABLE = "service-unreachable"
    ANSWER_WRONG = "answer-wrong"


_PROBLEMS: Final[dict[Problem, tuple[tuple[str, str], tuple[str, str]]]] = {
    Problem.LINK_WRONG: (
        ("Ce lien est incomplet.", "Revenez à la page de connexion et recommencez."),
        ("This link is incomplete.", "Return to the login page and start again."),
    ),
    Problem.SERVICE_UNREACHABLE: (
        (
            "Le service de connexion n’a pas répondu, ou ce lien a expiré.",
            "Revenez à la page de connexion et recommencez.",
        ),
        ("The login service did not answer, or this link has expired.", "Return to the login page and start again."),
    ),
    Problem.ANSWER_WRONG: (
        ("Le service de connexion a donné une réponse inattendue.", "Prévenez l’assistance."),
        ("The login service gave an unexpected answer.", "Tell the support."),
    ),
}


@dataclass(frozen=True, slots=True)
class HandOffPage:
    """Shows why the browser is not sent back."""

    language: str

    @classmethod
    def of(cls, request: Request) -> Self:
        return cls(page_language(request))

    def show(
        self,
        reason: CardState | SignOutcome | Problem,
        *,
        issuer: str | None = None,
        tries_left: int | None = None,
        again: str | None = None,
    ) -> Response:
        """The page.

        Args:
            reason: what happened.
            issuer: the origin to return to, already allowed.
            tries_left: of the PIN.
            again: the path of this hand-off, when it is worth a second try.
        """
        index = LANGUAGES.index(self.language)
        texts = _PROBLEMS[reason] if isinstance(reason, Problem) else SENTENCES[reason]
        happened, to_do = texts[index]
        french = self.language == FRENCH
        lines = [f'<p role="alert"><strong>{escape(happened)}</strong> {escape(to_do)}</p>']
        if tries_left is not None:
            left = f"Essais restants : {tries_left}." if french else f"Tries left: {tries_left}."
            lines.append(f"<p>{left}</p>")
        if again is not None:
            label = "Réessayer" if french else "Try again"
            lines.append(f'<p><a class="action" href="{escape(again)}">{label}</a></p>')
        if issuer is not None:
            label = "Revenir à" if french else "Return to"
            lines.append(f'<p><a href="{escape(issuer)}/">{label} {escape(issuer)}</a></p>')
        return html_page(
            title="Carte CPS" if french else "CPS card", main="\n".join(lines), language=self.language, status=200
        )
