"""The errors of login and logout with SAML, explained to the developer of the application."""

from http import HTTPStatus

from onelogin.saml2.errors import OneLogin_Saml2_ValidationError as Fault

from relying_parties.samples.problems import Explanation, SignInError

LOGOUT_HEADING = "Déconnexion incomplète"
JOURNAL = "Le journal du fournisseur d’identité, à la même heure."


class MetadataUnreachable(SignInError):
    """The address of the metadata does not answer."""

    def __init__(self, url: str) -> None:
        super().__init__(
            Explanation(
                title="Le fournisseur d’identité ne répond pas.",
                status=HTTPStatus.SERVICE_UNAVAILABLE,
                description=f"Aucune réponse de {url}.",
                description_word="",
                checks=(
                    "Le fournisseur d’identité est-il démarré ?",
                    "L’option `metadata_url` de cette application est-elle l’adresse exacte de ses métadonnées ?",
                    "Un pare-feu ou un proxy sépare-t-il ce serveur du fournisseur d’identité ?",
                ),
            )
        )


class MetadataUnusable(SignInError):
    """The metadata cannot be parsed, or failed a check."""

    def __init__(self, url: str, description: str) -> None:
        super().__init__(
            Explanation(
                title="Les métadonnées du fournisseur d’identité sont inutilisables.",
                status=HTTPStatus.BAD_GATEWAY,
                description=description,
                description_word="",
                checks=(
                    f"Ouvrez {url} : est-ce un EntityDescriptor signé, encore valable ?",
                    "L’option `metadata_fingerprint` : est-ce l’empreinte SHA-256 du certificat qui les signe "
                    "aujourd’hui ? (`openssl x509 -noout -fingerprint -sha256`)",
                ),
            )
        )


class Refused(SignInError):
    """The identity provider answered with a status other than success: SAML Core, section 3.2.2.2."""

    def __init__(self, codes: tuple[str, ...], message: str) -> None:
        words = [code.rpartition(":")[2] for code in codes]
        denied = {"RequestDenied", "NoPassive", "NoAuthnContext", "AuthnFailed", "UnknownPrincipal"} & set(words)
        super().__init__(
            Explanation(
                title="Le fournisseur d’identité a refusé la connexion.",
                status=HTTPStatus.FORBIDDEN if denied else HTTPStatus.BAD_REQUEST,
                error=" / ".join(words),
                error_word="StatusCode",
                description=message,
                description_word="StatusMessage",
                checks=tuple(WHAT_TO_CHECK[word] for word in words if word in WHAT_TO_CHECK) or (JOURNAL,),
            )
        )


class UnknownAnswer(SignInError):
    """The answer belongs to no request of this browser, or the request has had its answer already."""

    def __init__(self, *, heading: str = "Connexion impossible") -> None:
        super().__init__(
            Explanation(
                heading=heading,
                title="Cette réponse ne répond à aucune demande en cours.",
                status=HTTPStatus.BAD_REQUEST,
                checks=(
                    "La demande a-t-elle été faite dans ce navigateur, à cette adresse exacte "
                    "(127.0.0.1 et localhost ne partagent pas leurs cookies) ?",
                    "L’application a-t-elle redémarré entre-temps ?",
                    "Est-ce une réponse sans demande (« IdP-initiated ») ? Cette application n’en accepte pas.",
                    "`InResponseTo` et `RelayState` reviennent-ils tels qu’ils ont été envoyés ?",
                ),
            )
        )


class Replayed(SignInError):
    """The assertion has opened a session already: SAML Profiles, section 4.1.4.5."""

    def __init__(self) -> None:
        super().__init__(
            Explanation(
                title="Cette réponse a déjà servi.",
                status=HTTPStatus.BAD_REQUEST,
                checks=("La page a-t-elle été rechargée, ou rouverte depuis l’historique ? Recommencez.",),
            )
        )


class Malformed(SignInError):
    """The message is not a SAML message."""

    def __init__(self, description: str, *, heading: str = "Connexion impossible") -> None:
        super().__init__(
            Explanation(
                heading=heading,
                title="Le message reçu n’est pas un message SAML.",
                status=HTTPStatus.BAD_REQUEST,
                description=description,
                description_word="",
                checks=(
                    "Le fournisseur d’identité envoie-t-il ici `SAMLRequest` ou `SAMLResponse`, par HTTP-Redirect ?"
                    if heading == LOGOUT_HEADING
                    else "Le fournisseur d’identité envoie-t-il ici `SAMLResponse`, par HTTP-POST ?",
                    "Un intermédiaire a-t-il modifié le message ?",
                ),
            )
        )


class Undecipherable(SignInError):
    """The assertion was encrypted for another key, or by an algorithm that xmlsec does not support."""

    def __init__(self) -> None:
        super().__init__(
            Explanation(
                title="L’assertion reçue ne peut pas être déchiffrée.",
                status=HTTPStatus.BAD_REQUEST,
                checks=(
                    "Les métadonnées enregistrées chez le fournisseur d’identité portent-elles le certificat que cette "
                    "application publie à /saml/metadata ? Son dossier de clés (`key_folder`) a peut-être changé.",
                    "L’algorithme de chiffrement enregistré pour cette application.",
                ),
            )
        )


class Untrusted(SignInError):
    """The message is well formed but failed a check. `code` is python3-saml's number of the fault."""

    def __init__(self, description: str, *, code: int | None = None, heading: str = "Connexion impossible") -> None:
        super().__init__(
            Explanation(
                heading=heading,
                title="Le message reçu n’est pas digne de confiance.",
                status=HTTPStatus.BAD_REQUEST,
                description=description,
                description_word="",
                checks=(
                    WHY_NOT_TRUSTED.get(code, "Les options `metadata_url` et `address` de cette application."),
                    JOURNAL,
                ),
            )
        )


_SIGNATURE = (
    "Le fournisseur d’identité signe-t-il avec une clé que publient ses métadonnées ? Une application qui les relit "
    "à chaque changement n’a rien à faire."
)
_CLOCK = "L’heure de ce serveur et celle du fournisseur d’identité."
_ADDRESS = (
    "L’adresse enregistrée chez le fournisseur d’identité est-elle, au caractère près, celle de cette application ?"
)
_BOTH_SIGNED = (
    "L’enregistrement fait-il signer la réponse et l’assertion (`signed_parts`) ? Cette application veut les deux."
)
_ALGORITHM = "L’algorithme de signature enregistré pour cette application (`signature_algorithm`) : SHA-1 est refusé."

WHY_NOT_TRUSTED = {
    Fault.INVALID_SIGNATURE: _SIGNATURE,
    Fault.NO_SIGNATURE_FOUND: _BOTH_SIGNED,
    Fault.NO_SIGNED_MESSAGE: _BOTH_SIGNED,
    Fault.NO_SIGNED_ASSERTION: _BOTH_SIGNED,
    Fault.NO_ENCRYPTED_ASSERTION: "L’enregistrement fait-il chiffrer l’assertion (`encryption`) ?",
    Fault.DEPRECATED_SIGNATURE_METHOD: _ALGORITHM,
    Fault.DEPRECATED_DIGEST_METHOD: _ALGORITHM,
    Fault.WRONG_DESTINATION: _ADDRESS,
    Fault.EMPTY_DESTINATION: _ADDRESS,
    Fault.WRONG_SUBJECTCONFIRMATION: f"{_ADDRESS} {_CLOCK}",
    Fault.WRONG_AUDIENCE: "L’entityID enregistré est-il celui que cette application publie à /saml/metadata ?",
    Fault.SP_NAME_QUALIFIER_NAME_MISMATCH: "L’entityID enregistré est-il celui de /saml/metadata ?",
    Fault.WRONG_ISSUER: "L’option `metadata_url` désigne-t-elle le fournisseur d’identité qui a répondu ?",
    Fault.ASSERTION_TOO_EARLY: _CLOCK,
    Fault.ASSERTION_EXPIRED: _CLOCK,
    Fault.RESPONSE_EXPIRED: _CLOCK,
    Fault.SESSION_EXPIRED: _CLOCK,
}

WHAT_TO_CHECK = {
    # SAML Core, 3.2.2.2: top level
    "VersionMismatch": "La demande doit être de SAML 2.0.",
    # and second level
    "AuthnFailed": "La personne n’a pas pu prouver son identité.",
    "InvalidAttrNameOrValue": "Les attributs demandés dans les métadonnées de cette application.",
    "InvalidNameIDPolicy": "Le format de NameID demandé est-il permis par l’enregistrement ?",
    "NoAuthnContext": "Le niveau demandé (`RequestedAuthnContext`) peut-il être atteint par cette personne ?",
    "NoAvailableIDP": "La demande nomme des fournisseurs d’identité (`Scoping`) qui ne répondent pas.",
    "NoPassive": "`IsPassive` a été demandé et une page doit être montrée.",
    "NoSupportedIDP": "La demande nomme des fournisseurs d’identité (`Scoping`) et pas celui-ci.",
    "ProxyCountExceeded": "La demande ne permet pas d’intermédiaire (`ProxyCount`).",
    "RequestDenied": "La personne est-elle habilitée à cette application, ou a-t-elle renoncé ?",
    "RequestUnsupported": "La demande use de ce que le fournisseur d’identité n’offre pas.",
    "UnknownPrincipal": "Le fournisseur d’identité ne connaît pas cette personne.",
    "UnsupportedBinding": "L’enregistrement permet-il HTTP-POST pour la réponse ?",
}
