"""The signed EntityDescriptor of this identity provider (SAML V2.0 Metadata).

lxml builds it, and not pysaml2, which signs with rsa-sha1 and announces every algorithm that
xmlsec1 knows, including MD5 and DSA.

All workers publish the same octets for one day. The document changes when the day, the keys
or their use by applications change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from threading import Lock

from lxml import etree
from lxml.builder import ElementMaker

from idp.keys.certificates import SigningIdentity
from idp.keys.key_ring import CertifiedKey, KeyRing, KeysInUse, KeyState
from idp.keys.sp_key_pins import METADATA_GENERATED_EVERY
from idp.saml.artifact.artifacts import ENDPOINT_INDEX
from idp.saml.vocabulary import PROTOCOL_NAMESPACE, NameIdFormat
from idp.saml.xmlsec.algorithms import ACCEPTED, BY_URI, CONTENT, HASHES, OAEP, OAEP_WITH_MGF, XMLDSIG
from idp.saml.xmlsec.signing import sign
from idp.settings import Settings
from relying_parties.registration.saml_sp import SignatureAlgorithm

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
ALG = "urn:oasis:names:tc:SAML:metadata:algsupport"
MDUI = "urn:oasis:names:tc:SAML:metadata:ui"
SHIBMD = "urn:mace:shibboleth:metadata:1.0"
BINDINGS = "urn:oasis:names:tc:SAML:2.0:bindings:"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

REFRESHED_EVERY = timedelta(hours=6)

_NAME_ID_FORMATS = (NameIdFormat.PERSISTENT, NameIdFormat.TRANSIENT, NameIdFormat.EMAIL)
_DIGESTS = tuple(uri for uri in HASHES if uri in ACCEPTED.digests)
_SIGNATURES = tuple(uri for uri in BY_URI if uri in ACCEPTED.signatures)
_ENCRYPTIONS = (*(each.uri for each in CONTENT.values() if each.authenticated), OAEP_WITH_MGF, OAEP)

_MD = ElementMaker(namespace=MD, nsmap={"md": MD, "ds": XMLDSIG, "alg": ALG, "mdui": MDUI, "shibmd": SHIBMD})
_DS = ElementMaker(namespace=XMLDSIG, nsmap={"ds": XMLDSIG})
_ALG = ElementMaker(namespace=ALG, nsmap={"alg": ALG})
_MDUI = ElementMaker(namespace=MDUI, nsmap={"mdui": MDUI})
_SHIBMD = ElementMaker(namespace=SHIBMD, nsmap={"shibmd": SHIBMD})


@dataclass(frozen=True, slots=True, kw_only=True)
class IdpEndpoint:
    """An endpoint in our metadata (section 2.2.2), and its path."""

    service: str
    binding: str
    path: str
    index: int | None = None

    @property
    def method(self) -> str:
        """The HTTP method of the binding."""
        return "GET" if self.binding == "HTTP-Redirect" else "POST"


ENDPOINTS = (
    IdpEndpoint(service="ArtifactResolutionService", binding="SOAP", path="/saml/artifact", index=ENDPOINT_INDEX),
    IdpEndpoint(service="SingleLogoutService", binding="SOAP", path="/saml/logout/soap"),
    IdpEndpoint(service="SingleLogoutService", binding="HTTP-Redirect", path="/saml/logout"),
    IdpEndpoint(service="SingleLogoutService", binding="HTTP-POST", path="/saml/logout"),
    IdpEndpoint(service="SingleSignOnService", binding="HTTP-Redirect", path="/saml/sso"),
    IdpEndpoint(service="SingleSignOnService", binding="HTTP-POST", path="/saml/sso"),
    IdpEndpoint(service="SingleSignOnService", binding="HTTP-Artifact", path="/saml/sso"),
    IdpEndpoint(service="SingleSignOnService", binding="SOAP", path="/saml/ecp"),
)
"""The metadata declare those that the application serves (`served_endpoints`)."""

_ORDER = ("ArtifactResolutionService", "SingleLogoutService", "NameIDFormat", "SingleSignOnService")  # section 2.4.3


@dataclass(frozen=True, slots=True, kw_only=True)
class IdpEntity:
    """The names and addresses of this identity provider, from the settings."""

    entity_id: str
    issuer: str
    scope: str
    name: str
    support: str
    lifetime: timedelta

    @classmethod
    def of(cls, settings: Settings) -> "IdpEntity":
        return cls(
            entity_id=settings.saml_name,
            issuer=settings.issuer,
            scope=settings.saml_domain,
            name=settings.region,
            support=settings.support_email,
            lifetime=settings.saml_metadata_lifetime,
        )

    def described(
        self, keys: Sequence[CertifiedKey], *, day: datetime, endpoints: Sequence[IdpEndpoint]
    ) -> etree._Element:
        """The EntityDescriptor (section 2.3.2), not signed yet. Its ID is a hash of the content, hence unique."""
        root = _MD.EntityDescriptor(
            _MD.Extensions(
                *(_ALG.DigestMethod(Algorithm=uri) for uri in _DIGESTS),
                *(_ALG.SigningMethod(Algorithm=uri) for uri in _SIGNATURES),
            ),
            self._identity_provider(keys, endpoints),
            _MD.Organization(
                _MD.OrganizationName(self.name, {XML_LANG: "fr"}),
                _MD.OrganizationDisplayName(self.name, {XML_LANG: "fr"}),
                _MD.OrganizationURL(self.issuer, {XML_LANG: "fr"}),
            ),
            entityID=self.entity_id,
            validUntil=_instant(day + METADATA_GENERATED_EVERY + self.lifetime),
            cacheDuration=f"PT{int(min(REFRESHED_EVERY, self.lifetime / 4).total_seconds())}S",
        )
        if self.support:
            contact = _MD.ContactPerson(_MD.EmailAddress(f"mailto:{self.support}"), contactType="technical")
            root.append(contact)
        root.set("ID", f"_{sha256(etree.tostring(root, method='c14n')).hexdigest()}")
        return root

    def _identity_provider(self, keys: Sequence[CertifiedKey], endpoints: Sequence[IdpEndpoint]) -> etree._Element:
        """The IDPSSODescriptor, with its elements in the order of section 2.4.3."""
        role = _MD.IDPSSODescriptor(
            _MD.Extensions(
                _SHIBMD.Scope(self.scope, regexp="false"),
                _MDUI.UIInfo(_MDUI.DisplayName(self.name, {XML_LANG: "fr"})),
            ),
            *(_key_descriptor("signing", key.identity) for key in keys),
            *(
                _key_descriptor("encryption", key.identity, methods=_ENCRYPTIONS)
                for key in keys
                if key.identity.key_type == "rsa" and key.state is not KeyState.PREVIOUS
            ),
            protocolSupportEnumeration=PROTOCOL_NAMESPACE,
            WantAuthnRequestsSigned="false",
        )
        for element in _ORDER:
            if element == "NameIDFormat":
                role.extend(_MD.NameIDFormat(name_id_format) for name_id_format in _NAME_ID_FORMATS)
            role.extend(self._endpoint(endpoint) for endpoint in endpoints if endpoint.service == element)
        return role

    def _endpoint(self, endpoint: IdpEndpoint) -> etree._Element:
        made = _MD(endpoint.service, Binding=BINDINGS + endpoint.binding, Location=self.issuer + endpoint.path)
        if endpoint.index is not None:
            made.set("index", str(endpoint.index))
            made.set("isDefault", "true" if endpoint.index == 0 else "false")
        return made


@dataclass(frozen=True, slots=True)
class PublishedMetadata:
    """The published document, its ETag, and the values that it was made of."""

    octets: bytes
    tag: str
    made_of: tuple[object, ...]


class IdpMetadata:
    """Publishes our metadata, and builds the document again when its content changes."""

    def __init__(
        self,
        entity: IdpEntity,
        *,
        ring: Callable[[], KeyRing],
        in_use: Callable[[], KeysInUse],
        endpoints: Sequence[IdpEndpoint],
    ) -> None:
        self._entity = entity
        self._ring = ring
        self._in_use = in_use
        self._endpoints = endpoints
        self._last: PublishedMetadata | None = None
        self._turn = Lock()

    def published(self, now: datetime) -> PublishedMetadata:
        """The metadata signed by the current RSA key, which they have contained since it was the next key."""
        ring = self._ring()
        keys = ring.published_for_saml(self._in_use())
        day = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
        made_of = (day, *((key.state, key.identity.kid, key.identity.certificate) for key in keys))
        with self._turn:
            if self._last is None or self._last.made_of != made_of:
                root = self._entity.described(keys, day=day, endpoints=self._endpoints)
                octets = _signed(root, ring)
                self._last = PublishedMetadata(octets, sha256(octets).hexdigest(), made_of)
            return self._last


def _signed(root: etree._Element, ring: KeyRing) -> bytes:
    """The signed document: section 3."""
    algorithm = SignatureAlgorithm.RSA_SHA256
    sign([root], ring.saml_identity(None, algorithm), algorithm)
    return etree.tostring(root, encoding="utf-8", xml_declaration=False)


def _key_descriptor(use: str, identity: SigningIdentity, *, methods: Sequence[str] = ()) -> etree._Element:
    """A KeyDescriptor with a certificate, which every service provider reads: section 2.4.1.1."""
    key = _DS.KeyInfo(_DS.X509Data(_DS.X509Certificate(identity.certificate)))
    return _MD.KeyDescriptor(key, *(_MD.EncryptionMethod(Algorithm=uri) for uri in methods), use=use)


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
