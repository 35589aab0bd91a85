"""The part of a registration for SAML 2.0: what is agreed beyond the service provider's metadata."""

from dataclasses import dataclass
from enum import StrEnum

from relying_parties.sp_metadata.service_provider import ServiceProvider


class MetadataKind(StrEnum):
    """Where a service provider's metadata comes from."""

    FILE = "file"
    URL = "url"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataOrigin:
    """Where the metadata of a service provider comes from.

    `where` is the file's name, the URL, or the name of the source. `certificate` (PEM) verifies the signature of
    metadata at a URL; it is empty for a file, which the operator vouches for, and for a source, which has its own.
    """

    kind: MetadataKind
    where: str
    certificate: str = ""


class NameIdKind(StrEnum):
    """The NameID format of an answer when the request names none: Core, section 8.3."""

    PERSISTENT = "persistent"
    TRANSIENT = "transient"
    EMAIL = "email"


class SignedParts(StrEnum):
    """The signed parts of an answer."""

    BOTH = "response-and-assertion"
    RESPONSE = "response"
    ASSERTION = "assertion"

    @property
    def response(self) -> bool:
        return self is not SignedParts.ASSERTION

    @property
    def assertion(self) -> bool:
        return self is not SignedParts.RESPONSE


class SignatureAlgorithm(StrEnum):
    """The algorithms that we sign with: RFC 9231, sections 2.3.2 and 2.3.6."""

    RSA_SHA256 = "rsa-sha256"
    RSA_SHA384 = "rsa-sha384"
    RSA_SHA512 = "rsa-sha512"
    ECDSA_SHA256 = "ecdsa-sha256"


class Encryption(StrEnum):
    """Whether assertions are encrypted. With `REQUIRED`, an assertion that cannot be encrypted is not sent."""

    WHEN_POSSIBLE = "when-possible"
    REQUIRED = "required"
    NEVER = "never"


class WeakAlgorithm(StrEnum):
    """The weak algorithms that a registration may accept by name; they are refused otherwise.

    `RSA_SHA1` and `SHA1` concern the signatures of the service provider, `AES_CBC` what we encrypt for it. RSA 1.5
    is not listed: it is never accepted.
    """

    RSA_SHA1 = "rsa-sha1"
    SHA1 = "sha1"
    AES_CBC = "aes-cbc"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlServiceProvider:
    """The registration of a SAML service provider.

    `service_provider` holds its metadata as last verified; the operator decides the rest. `requests_signed` may be
    stricter than the metadata, never laxer. `form_action_origins` lists the origins to which the application
    redirects after it has received our answer: browsers apply `form-action` to those redirects too.
    `automatic_key_update` says that the application takes our next key from our metadata by itself.
    """

    service_provider: ServiceProvider
    metadata: MetadataOrigin
    name_id: NameIdKind = NameIdKind.PERSISTENT
    signed_parts: SignedParts = SignedParts.BOTH
    signature_algorithm: SignatureAlgorithm = SignatureAlgorithm.RSA_SHA256
    encryption: Encryption = Encryption.WHEN_POSSIBLE
    encrypt_name_id: bool = False
    requests_signed: bool = False
    idp_initiated: bool = False
    ecp: bool = False
    weak_algorithms: tuple[WeakAlgorithm, ...] = ()
    automatic_key_update: bool = False
    form_action_origins: tuple[str, ...] = ()

    @property
    def entity_id(self) -> str:
        return self.service_provider.entity_id
