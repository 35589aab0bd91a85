"""Every field that a registration may have: where it stands in a declared file, and what it means.

`declared.py` accepts these names and no others; docs/connect-an-application.md
lists them, written by `make docs`. What a field may hold is checked in
`registration.py`, `oidc_terms.py` and `saml_registration.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from relying_parties.policy import AccessRule, AssuranceLevel, ClientAuthentication, IdTokenAlgorithm, SubjectType
from relying_parties.registration.saml_sp import Encryption, NameIdKind, SignatureAlgorithm, SignedParts, WeakAlgorithm

REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReference:
    """One field: its table ("" for the top of the file), its name, what it is when left out, what it means."""

    table: str = ""
    name: str
    default: str = "none"
    meaning: str


def _among(words: Iterable[StrEnum]) -> str:
    return ", ".join(f"`{word}`" for word in words)


FIELDS = (
    FieldReference(
        name="name",
        default=REQUIRED,
        meaning="What commands and files call it: a-z, 0-9 and hyphens, 40 characters. It does not change.",
    ),
    FieldReference(
        name="identifier",
        default="`name`",
        meaning="For an application without OpenID Connect, what entitlements and the audit trail know it by. With "
        "it, `client_id` says this.",
    ),
    FieldReference(
        name="home_url",
        default=REQUIRED,
        meaning="The page people start from, at an origin of the application's own. A login that cannot go on leads "
        "there.",
    ),
    FieldReference(name="logo", meaning="A file beside this one, SVG or PNG, shown on the sign-on page."),
    FieldReference(
        name="attributes",
        default="`[]`",
        meaning="All that it can ever learn of a person. See the claims and the SAML attributes below.",
    ),
    FieldReference(
        name="lowest_assurance",
        default=f"`{AssuranceLevel.TWO_FACTORS}`",
        meaning=f"The least that opens it: {_among(AssuranceLevel)}. A login method that reaches it must be enabled.",
    ),
    FieldReference(
        name="entry",
        default=f"`{AccessRule.ENTITLED}`",
        meaning=f"Who may enter: {_among(AccessRule)}. `idp account entitle LOGIN NAME` entitles someone.",
    ),
    FieldReference(
        name="confirm_identity",
        default="`false`",
        meaning="Whether a person is shown whose session is about to be used, for shared computers.",
    ),
    FieldReference(table="display_name", name="fr", default=REQUIRED, meaning="The name people read, 120 characters."),
    FieldReference(table="display_name", name="en", default="the French one", meaning="The same in English."),
    FieldReference(
        table="login_button",
        name="fr",
        meaning='The short name after its preposition, for buttons: "au DCC" for "Se connecter au DCC". 40 characters.',
    ),
    FieldReference(table="login_button", name="en", meaning='The same in English: "to the DCC".'),
    FieldReference(
        table="oidc",
        name="client_id",
        default="`name`",
        meaning="At most 64 of A-Z a-z 0-9 . _ ~ -. It does not change: entitlements refer to it.",
    ),
    FieldReference(
        table="oidc",
        name="redirect_uris",
        default=REQUIRED,
        meaning="Where answers go, each address written out: https, compared character for character.",
    ),
    FieldReference(
        table="oidc",
        name="post_logout_redirect_uris",
        default="`[]`",
        meaning="Where a logout that the application asks for may lead back to.",
    ),
    FieldReference(
        table="oidc",
        name="client_authentication",
        default=f"`{ClientAuthentication.SECRET}`",
        meaning=f"One of {_among(ClientAuthentication)}. The first takes the secret by HTTP Basic or in the body, the "
        "two that follow pin one way, and `none` is for an application that cannot keep a secret.",
    ),
    FieldReference(
        table="oidc",
        name="require_pkce",
        default="`true`",
        meaning="Whether a request must have a `code_challenge` (S256). Without a secret it must.",
    ),
    FieldReference(
        table="oidc",
        name="subject_type",
        default=f"`{SubjectType.PUBLIC}`",
        meaning=f"{_among(SubjectType)}: whether it shares its `sub` with the applications of the region. It does not "
        "change.",
    ),
    FieldReference(
        table="oidc",
        name="sector",
        default="the host of `redirect_uris`",
        meaning="With pairwise subjects, the host or parent domain of all redirection addresses.",
    ),
    FieldReference(
        table="oidc",
        name="id_token_signing_alg",
        default=f"`{IdTokenAlgorithm.RS256}`",
        meaning=f"{_among(IdTokenAlgorithm)}: what ID tokens and logout tokens are signed with.",
    ),
    FieldReference(
        table="oidc",
        name="backchannel_logout_uri",
        meaning="An address of its server that is told when a session ends. One that we would never call is refused.",
    ),
    FieldReference(
        table="oidc",
        name="origins",
        default="those of `redirect_uris`",
        meaning="Without a secret, the origins whose pages may read our answers (CORS).",
    ),
    FieldReference(
        table="saml",
        name="metadata_file",
        meaning="The service provider's metadata, in a file beside this one. This, or one of the two that follow.",
    ),
    FieldReference(table="saml", name="metadata_url", meaning="An address from which they are read again and again."),
    FieldReference(table="saml", name="metadata_source", meaning="A source that `idp metadata source` has declared."),
    FieldReference(
        table="saml",
        name="metadata_certificate",
        meaning="With `metadata_url`: the certificate, a PEM file beside this one, that they are signed with.",
    ),
    FieldReference(
        table="saml",
        name="entity_id",
        default="the one of the metadata",
        meaning="Which entity is meant: needed with `metadata_source`.",
    ),
    FieldReference(
        table="saml",
        name="name_id",
        default=f"`{NameIdKind.PERSISTENT}`",
        meaning=f"{_among(NameIdKind)}: the identifier of a person where the request names none.",
    ),
    FieldReference(
        table="saml",
        name="signed_parts",
        default=f"`{SignedParts.BOTH}`",
        meaning=f"{_among(SignedParts)}: what of an answer is signed.",
    ),
    FieldReference(
        table="saml",
        name="signature_algorithm",
        default=f"`{SignatureAlgorithm.RSA_SHA256}`",
        meaning=f"{_among(SignatureAlgorithm)}.",
    ),
    FieldReference(
        table="saml",
        name="encryption",
        default=f"`{Encryption.WHEN_POSSIBLE}`",
        meaning=f"{_among(Encryption)}: of the assertion, with the key of the metadata.",
    ),
    FieldReference(
        table="saml", name="encrypt_name_id", default="`false`", meaning="Whether the NameID is encrypted too."
    ),
    FieldReference(
        table="saml",
        name="requests_signed",
        default="as the metadata say",
        meaning="Whether a request must be signed (`AuthnRequestsSigned`).",
    ),
    FieldReference(
        table="saml",
        name="idp_initiated",
        default="`false`",
        meaning="Whether a login may begin here, at /saml/start/NAME.",
    ),
    FieldReference(
        table="saml", name="ecp", default="`false`", meaning="Whether programs without a browser log people in."
    ),
    FieldReference(
        table="saml",
        name="weak_algorithms",
        default="`[]`",
        meaning=f"What is taken of it although it is weak: {_among(WeakAlgorithm)}.",
    ),
    FieldReference(
        table="saml",
        name="automatic_key_update",
        default="`false`",
        meaning="Whether it reads our metadata again by itself, and so needs nobody when our key changes.",
    ),
    FieldReference(
        table="saml",
        name="form_action_origins",
        default="`[]`",
        meaning="Other origins to which its consumer redirects the browser that brought our answer.",
    ),
)


def names_in(table: str) -> tuple[str, ...]:
    """The names of a table's fields, in their order."""
    return tuple(field.name for field in FIELDS if field.table == table)
