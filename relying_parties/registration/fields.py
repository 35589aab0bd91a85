"""The fields of a registration file, with their defaults and meanings.

`toml_registration.py` accepts these fields only, and `make docs` lists them in docs/connect-an-application.md. Their
values are checked in `registration.py`, `oidc_client.py` and `saml_rules.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from relying_parties.policy import (
    AccessRule,
    AssuranceLevel,
    CardRemoval,
    ClientAuthentication,
    IdTokenAlgorithm,
    SubjectType,
)
from relying_parties.registration.enrollment_terms import EnrollmentCategory
from relying_parties.registration.saml_sp import Encryption, NameIdKind, SignatureAlgorithm, SignedParts, WeakAlgorithm

REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReference:
    """One field: its table ("" for the top of the file), its name, its default and its meaning."""

    table: str = ""
    name: str
    default: str = "none"
    meaning: str


def _among(choices: Iterable[StrEnum]) -> str:
    return ", ".join(f"`{choice}`" for choice in choices)


FIELDS = (
    FieldReference(
        name="name",
        default=REQUIRED,
        meaning="The name of the application in commands and files: a-z, 0-9 and hyphens, at most 40 characters. It "
        "cannot change.",
    ),
    FieldReference(
        name="identifier",
        default="`name`",
        meaning="The identifier in entitlements and in the audit trail. An application that uses OpenID Connect has "
        "`client_id` instead.",
    ),
    FieldReference(
        name="home_url",
        default=REQUIRED,
        meaning="The application's start page, at one of its own origins. Error pages link to it.",
    ),
    FieldReference(name="logo", meaning="A logo file in the folder of this file, SVG or PNG, for the sign-on page."),
    FieldReference(
        name="attributes",
        default="`[]`",
        meaning="The attributes that may be released to the application. The claims and SAML attributes are listed "
        "below.",
    ),
    FieldReference(
        name="lowest_assurance",
        default=f"`{AssuranceLevel.TWO_FACTORS}`",
        meaning=f"The lowest assurance level accepted: {_among(AssuranceLevel)}. An enabled login method must reach "
        "it.",
    ),
    FieldReference(
        name="entry",
        default=f"`{AccessRule.ENTITLED}`",
        meaning=f"Who may log in: {_among(AccessRule)}. `idp account grant LOGIN NAME` entitles a person.",
    ),
    FieldReference(
        name="confirm_identity",
        default="`false`",
        meaning="Whether people confirm whose session is used before it is, for shared computers.",
    ),
    FieldReference(
        name="card_revocation_grace_hours",
        default="`0`",
        meaning="How many hours a card is still accepted after the revocation list has ended, at most 72, when the "
        "authority cannot be reached. With 0 it is refused.",
    ),
    FieldReference(
        name="card_removal",
        default=f"`{CardRemoval.KEEP}`",
        meaning=f"{_among(CardRemoval)}: whether a session that uses the application ends when its card is pulled.",
    ),
    FieldReference(
        table="display_name", name="fr", default=REQUIRED, meaning="The name on pages, at most 120 characters."
    ),
    FieldReference(table="display_name", name="en", default="the French one", meaning="The same in English."),
    FieldReference(
        table="login_button",
        name="fr",
        meaning='The end of "Se connecter ..." on the button: "au DCC". At most 40 characters.',
    ),
    FieldReference(table="login_button", name="en", meaning='The same in English: "to the DCC".'),
    FieldReference(
        table="enrollment",
        name="requestable",
        default="`true`",
        meaning="Whether people can ask for access. An application without this table is not offered to anyone. "
        "Its approvers decide (`idp operator grant`), or else the operators of the whole region.",
    ),
    FieldReference(
        table="enrollment",
        name="category",
        default=f"`{EnrollmentCategory.APPLICATION}`",
        meaning=f"{_among(EnrollmentCategory)}: under which heading people find it. A service serves all applications.",
    ),
    FieldReference(
        table="enrollment",
        name="help",
        meaning='Who it is for, in at most 500 characters: `{ fr = "...", en = "..." }`.',
    ),
    FieldReference(
        table="enrollment",
        name="needs_communities",
        default="`[]`",
        meaning="The names of the communities of which a person must be a member (`idp community list`) when access is "
        "asked for and when it is granted. A membership that ends later takes no access away: give both the same end.",
    ),
    FieldReference(
        table="enrollment",
        name="closed_to_levels",
        default="`[]`",
        meaning="The confidentiality levels that exclude a person: `public`, `professionals`, `hidden`.",
    ),
    FieldReference(
        table="enrollment",
        name="roles",
        default="`[]`",
        meaning="The roles that a person can have, each a table `[[enrollment.roles]]` with `name` and "
        '`display_name = { fr = "...", en = "..." }`.',
    ),
    FieldReference(
        table="oidc",
        name="client_id",
        default="`name`",
        meaning="At most 64 of A-Z a-z 0-9 . _ ~ -. It cannot change: entitlements refer to it.",
    ),
    FieldReference(
        table="oidc",
        name="redirect_uris",
        default=REQUIRED,
        meaning="The redirection addresses, each written out: https, compared character for character.",
    ),
    FieldReference(
        table="oidc",
        name="post_logout_redirect_uris",
        default="`[]`",
        meaning="The addresses to which the browser may return after a logout that the application requests.",
    ),
    FieldReference(
        table="oidc",
        name="client_authentication",
        default=f"`{ClientAuthentication.SECRET}`",
        meaning=f"One of {_among(ClientAuthentication)}. The first accepts both `{ClientAuthentication.BASIC}` and "
        f"`{ClientAuthentication.POST}`; `none` is for an application that cannot keep a secret.",
    ),
    FieldReference(
        table="oidc",
        name="require_pkce",
        default="`true`",
        meaning="Whether a request must have a `code_challenge` (S256). Must be `true` for an application without a "
        "secret.",
    ),
    FieldReference(
        table="oidc",
        name="subject_type",
        default=f"`{SubjectType.PUBLIC}`",
        meaning=f"{_among(SubjectType)}: whether a person has the same `sub` as for the other applications. It cannot "
        "change.",
    ),
    FieldReference(
        table="oidc",
        name="sector",
        default="the host of `redirect_uris`",
        meaning="For pairwise subjects: a host, or a parent domain, that all redirection addresses share.",
    ),
    FieldReference(
        table="oidc",
        name="id_token_signing_alg",
        default=f"`{IdTokenAlgorithm.RS256}`",
        meaning=f"{_among(IdTokenAlgorithm)}: the signature algorithm of ID tokens and logout tokens.",
    ),
    FieldReference(
        table="oidc",
        name="initiate_login_uri",
        meaning="The address at one of the application's origins that begins a login at once, for the links of our "
        "pages; `iss` is added. Without it, they lead to `home_url`.",
    ),
    FieldReference(
        table="oidc",
        name="backchannel_logout_uri",
        meaning="The address that receives logout tokens when a session ends. It must be one that our server may call.",
    ),
    FieldReference(
        table="oidc",
        name="origins",
        default="those of `redirect_uris`",
        meaning="For an application without a secret: the origins whose pages may read our answers (CORS).",
    ),
    FieldReference(
        table="saml",
        name="metadata_file",
        meaning="The service provider's metadata, a file in the folder of this file. Required, unless one of the next "
        "two is given.",
    ),
    FieldReference(
        table="saml", name="metadata_url", meaning="The address from which the metadata is fetched regularly."
    ),
    FieldReference(
        table="saml", name="metadata_source", meaning="The name of a source added by `idp metadata source`."
    ),
    FieldReference(
        table="saml",
        name="metadata_certificate",
        meaning="With `metadata_url`: the certificate of the metadata's signature, a PEM file in the folder of this "
        "file.",
    ),
    FieldReference(
        table="saml",
        name="entity_id",
        default="the one of the metadata",
        meaning="The entity ID of the service provider. Required with `metadata_source`.",
    ),
    FieldReference(
        table="saml",
        name="name_id",
        default=f"`{NameIdKind.PERSISTENT}`",
        meaning=f"{_among(NameIdKind)}: the NameID format of an answer when the request names none.",
    ),
    FieldReference(
        table="saml",
        name="signed_parts",
        default=f"`{SignedParts.BOTH}`",
        meaning=f"{_among(SignedParts)}: the signed parts of an answer.",
    ),
    FieldReference(
        table="saml",
        name="signature_algorithm",
        default=f"`{SignatureAlgorithm.RSA_SHA256}`",
        meaning=f"{_among(SignatureAlgorithm)}: the algorithm of our signatures.",
    ),
    FieldReference(
        table="saml",
        name="encryption",
        default=f"`{Encryption.WHEN_POSSIBLE}`",
        meaning=f"{_among(Encryption)}: whether the assertion is encrypted, with the key of the metadata.",
    ),
    FieldReference(
        table="saml", name="encrypt_name_id", default="`false`", meaning="Whether the NameID is encrypted too."
    ),
    FieldReference(
        table="saml",
        name="requests_signed",
        default="the value in the metadata",
        meaning="Whether a request must be signed (`AuthnRequestsSigned`).",
    ),
    FieldReference(
        table="saml",
        name="idp_initiated",
        default="`false`",
        meaning="Whether a login may start at the identity provider, at /saml/start/NAME.",
    ),
    FieldReference(
        table="saml",
        name="ecp",
        default="`false`",
        meaning="Whether people may log in by a program other than a browser (Enhanced Client or Proxy).",
    ),
    FieldReference(
        table="saml",
        name="weak_algorithms",
        default="`[]`",
        meaning=f"Weak algorithms that are accepted for this application only: {_among(WeakAlgorithm)}.",
    ),
    FieldReference(
        table="saml",
        name="automatic_key_update",
        default="`false`",
        meaning="Whether the application fetches our metadata regularly and so takes our next key by itself.",
    ),
    FieldReference(
        table="saml",
        name="form_action_origins",
        default="`[]`",
        meaning="Further origins to which the application's assertion consumer service redirects the browser.",
    ),
)


def names_in(table: str) -> tuple[str, ...]:
    """The names of a table's fields, in the order of the reference."""
    return tuple(field.name for field in FIELDS if field.table == table)
