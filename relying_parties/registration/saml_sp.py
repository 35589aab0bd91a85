"""What is agreed with an application that speaks SAML 2.0, beyond what its metadata says."""

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
    """`where` is the file's name, the address, or the name of the source.

    `certificate` is the PEM that its signature is verified with, empty for none:
    a file's word is its operator's, and a source has its own.
    """

    kind: MetadataKind
    where: str
    certificate: str = ""


class NameIdKind(StrEnum):
    """Which identifier a person has for the application when its request does not say: Core, section 8.3."""

    PERSISTENT = "persistent"
    TRANSIENT = "transient"
    EMAIL = "email"


class SignedParts(StrEnum):
    """What of an answer is signed."""

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
    """What we sign with: RFC 9231, sections 2.3.2 and 2.3.6."""

    RSA_SHA256 = "rsa-sha256"
    RSA_SHA384 = "rsa-sha384"
    RSA_SHA512 = "rsa-sha512"
    ECDSA_SHA256 = "ecdsa-sha256"


class Encryption(StrEnum):
    """Whether assertions are encrypted. With `REQUIRED`, what cannot be encrypted is not sent."""

    WHEN_POSSIBLE = "when-possible"
    REQUIRED = "required"
    NEVER = "never"


class WeakAlgorithm(StrEnum):
    """What is refused unless an application's declaration says otherwise, by name, for all to see.

    `RSA_SHA1` and `SHA1` in what it signs; `AES_CBC` in what we encrypt for it; `RSA_1_5` is not among
    them: nothing excuses it.
    """

    RSA_SHA1 = "rsa-sha1"
    SHA1 = "sha1"
    AES_CBC = "aes-cbc"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlServiceProvider:
    """`service_provider` is what its metadata says, as last verified; the rest is decided here.

    `requests_signed` may ask for more than the metadata, never for less.
    `form_action_origins` are origins that the application's own redirects may lead to
    once it has our answer: a page that posts a form names them to the browser.
    `automatic_key_update` says that it takes our next key by itself.
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
