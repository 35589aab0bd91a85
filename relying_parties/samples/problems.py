"""The errors of a login, explained to the developer of the application."""

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The content of an error page. `error_word` and `description_word` are the protocol's names of the two fields."""

    title: str
    status: HTTPStatus
    checks: tuple[str, ...]
    error: str = ""
    description: str = ""
    heading: str = "Connexion impossible"
    error_word: str = "error"
    description_word: str = "error_description"


class SignInError(Exception):
    """A login failed; `explanation` says why and what to check."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(" ".join(filter(None, (explanation.title, explanation.error, explanation.description))))
        self.explanation = explanation


class ProviderUnreachable(SignInError):
    """The identity provider does not answer."""

    def __init__(self, issuer: str) -> None:
        super().__init__(
            Explanation(
                title="Le fournisseur d’identité ne répond pas.",
                status=HTTPStatus.SERVICE_UNAVAILABLE,
                description=f"Aucune réponse de {issuer}.",
                checks=(
                    "Le fournisseur d’identité est-il démarré ?",
                    "L’option `issuer` de cette application est-elle son adresse exacte ?",
                    "Un pare-feu ou un proxy sépare-t-il ce serveur du fournisseur d’identité ?",
                ),
            )
        )


class ProviderFault(SignInError):
    """An answer of the identity provider does not follow the specification."""

    def __init__(self, description: str) -> None:
        super().__init__(
            Explanation(
                title="Le fournisseur d’identité a mal répondu.",
                status=HTTPStatus.BAD_GATEWAY,
                description=description,
                checks=(
                    "Le journal du fournisseur d’identité, à la même heure.",
                    "L’option `issuer` : elle doit être égale, au caractère près, à celle qu’il publie.",
                ),
            )
        )


class Refused(SignInError):
    """The identity provider answered with an error of RFC 6749 or OpenID Connect."""

    def __init__(self, error: str, description: str) -> None:
        denied = error in ("access_denied", "login_required", "interaction_required")
        super().__init__(
            Explanation(
                title="Le fournisseur d’identité a refusé la connexion.",
                status=HTTPStatus.FORBIDDEN if denied else HTTPStatus.BAD_REQUEST,
                error=error,
                description=description,
                checks=(WHAT_TO_CHECK.get(error, "Le journal du fournisseur d’identité, à la même heure."),),
            )
        )


class UnknownReturn(SignInError):
    """The browser did not start this login here, or has already finished it."""

    def __init__(self) -> None:
        super().__init__(
            Explanation(
                title="Ce retour ne correspond à aucune connexion en cours.",
                status=HTTPStatus.BAD_REQUEST,
                checks=(
                    "La connexion a-t-elle commencé dans ce navigateur, à cette adresse exacte "
                    "(127.0.0.1 et localhost ne partagent pas leurs cookies) ?",
                    "L’application a-t-elle redémarré entre-temps ?",
                    "La page a-t-elle été rouverte depuis l’historique ?",
                ),
            )
        )


class Untrusted(SignInError):
    """The answer is well formed but failed a check."""

    def __init__(self, description: str) -> None:
        super().__init__(
            Explanation(
                title="La réponse reçue n’est pas digne de confiance.",
                status=HTTPStatus.BAD_REQUEST,
                description=description,
                checks=(
                    "Les options `issuer` et `client_id` de cette application.",
                    "L’heure de ce serveur et celle du fournisseur d’identité.",
                    "L’algorithme de signature déclaré pour cette application.",
                ),
            )
        )


WHAT_TO_CHECK = {
    # RFC 6749, 4.1.2.1
    "invalid_request": "Les paramètres de la demande : `redirect_uri`, `scope`, `code_challenge`.",
    "unauthorized_client": "L’enregistrement de l’application permet-il `response_type=code` ?",
    "access_denied": "La personne est-elle habilitée à cette application, ou a-t-elle renoncé ?",
    "unsupported_response_type": "`response_type` doit être `code`.",
    "invalid_scope": "L’option `scope` : chaque mot doit être permis par l’enregistrement.",
    "server_error": "Le journal du fournisseur d’identité, à la même heure.",
    "temporarily_unavailable": "Le fournisseur d’identité est surchargé ou en maintenance : réessayez dans un instant.",
    # RFC 6749, 5.2
    "invalid_client": "Les options `client_id`, `client_secret_file` et `client_authentication` ; "
    "le secret a peut-être été renouvelé.",
    "invalid_grant": "Le code a-t-il déjà servi, expiré, ou été émis pour une autre `redirect_uri` ?",
    "unsupported_grant_type": "`grant_type` doit être `authorization_code`.",
    # OpenID Connect Core 1.0, 3.1.2.6
    "login_required": "`prompt=none` a été demandé et personne n’est connecté.",
    "interaction_required": "`prompt=none` a été demandé et une page doit être montrée.",
    "account_selection_required": "`prompt=none` a été demandé et la personne doit choisir un compte.",
    "consent_required": "`prompt=none` a été demandé et un accord doit être donné.",
    "request_not_supported": "Le fournisseur d’identité n’accepte pas le paramètre `request`.",
    "request_uri_not_supported": "Le fournisseur d’identité n’accepte pas le paramètre `request_uri`.",
}
