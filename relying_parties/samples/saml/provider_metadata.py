"""What the identity provider publishes: where it is, and the keys its answers are believed by.

Read at the first need, again when its `cacheDuration` has passed, and at once
when an answer bears a signature of none of the keys: so a new key of the
identity provider reaches us without anybody's hand.

Whom to believe the first time is configured: the certificate with
`metadata_fingerprint`. Without it (this machine only) the first metadata is
believed as it comes. Each later one must be signed by a key that the one
before it published, or by the certificate of the fingerprint.
"""

import base64
import binascii
import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import requests
from lxml import etree
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from relying_parties.samples.saml.problems import MetadataUnreachable, MetadataUnusable

ANSWER_WITHIN_SECONDS = 10
LARGEST_METADATA = 1_000_000
ASK_ANEW_SECONDS = 10
LONGEST_KEPT_SECONDS = 3600.0
TRANSFORMS = {
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One metadata document, verified."""

    idp: dict[str, Any]  # as python3-saml wants it in its settings
    certificates: tuple[str, ...]  # base64 of DER: who has one of their keys is the identity provider
    valid_until: float | None
    ask_again_at: float

    @property
    def entity_id(self) -> str:
        return str(self.idp["entityId"])


class ProviderMetadata:
    """Keeps the last verified metadata and asks for another when it is time."""

    def __init__(self, url: str, *, fingerprint: str) -> None:
        self._url = url
        self._fingerprint = fingerprint
        self._published: Published | None = None
        self._asked_at = 0.0
        self._lock = Lock()

    def current(self) -> Published:
        """What it publishes, as far as we know.

        Raises:
            SignInError: it cannot be read, or must not be believed, and what we had is no longer valid.
        """
        with self._lock:
            now = time.time()
            if self._published is None:
                self._published = self._asked()
            elif now > self._published.ask_again_at and now > self._asked_at + ASK_ANEW_SECONDS:
                try:
                    self._published = self._asked()
                except (MetadataUnreachable, MetadataUnusable) as wrong:
                    if self._published.valid_until is not None and now > self._published.valid_until:
                        raise
                    log.warning("the metadata we have is kept: %s", wrong)
            return self._published

    def anew(self) -> Published:
        """What it publishes now: for an answer signed by a key that we do not know. Asked at most every ten seconds."""
        with self._lock:
            if self._published is None or time.time() > self._asked_at + ASK_ANEW_SECONDS:
                self._published = self._asked()
            return self._published

    def _asked(self) -> Published:
        self._asked_at = time.time()
        root = verified(self._received(), believes=self._believes, url=self._url)
        published = _read(root, self._url, now=self._asked_at)
        log.info("metadata of %s read: %d keys sign", published.entity_id, len(published.certificates))
        return published

    def _believes(self, certificate: str) -> bool:
        if self._fingerprint and _fingerprint(certificate) == self._fingerprint:
            return True
        if self._published is not None:
            return certificate in self._published.certificates
        return not self._fingerprint

    def _received(self) -> bytes:
        try:
            with requests.get(self._url, timeout=ANSWER_WITHIN_SECONDS, allow_redirects=False, stream=True) as answer:
                if answer.status_code != 200:
                    raise MetadataUnusable(self._url, f"La réponse a le code {answer.status_code}.")
                received: bytes = answer.raw.read(LARGEST_METADATA + 1, decode_content=True)
        except requests.RequestException as wrong:
            raise MetadataUnreachable(self._url) from wrong
        if len(received) > LARGEST_METADATA:
            raise MetadataUnusable(self._url, f"Le document dépasse {LARGEST_METADATA} octets.")
        return received


def verified(xml: bytes, *, believes: Callable[[str], bool], url: str) -> Any:
    """The root of a metadata document whose signature is by a believed certificate, and covers all of it.

    Raises:
        MetadataUnusable: it is not so, and why.
    """
    root = _signed_root(xml, url)
    for certificate in filter(believes, dict.fromkeys(_certificates(root, ".//ds:X509Certificate"))):
        formatted = OneLogin_Saml2_Utils.format_cert(certificate)
        if OneLogin_Saml2_Utils.validate_metadata_sign(root, formatted, raise_exceptions=False):
            return root
    raise MetadataUnusable(url, "La signature n’est d’aucun des certificats auxquels cette application se fie.")


def _signed_root(xml: bytes, url: str) -> Any:
    """Metadata section 3: what is signed is the root, by its ID, whole. python3-saml does not look at that."""
    try:
        root = OneLogin_Saml2_XML.to_etree(xml)
    except (etree.XMLSyntaxError, ValueError) as wrong:
        raise MetadataUnusable(url, f"Ce n’est pas du XML acceptable : {wrong}") from wrong
    signatures = _query(root, "//ds:Signature")
    if root.tag != f"{{{OneLogin_Saml2_Constants.NS_MD}}}EntityDescriptor":
        raise MetadataUnusable(url, "La racine n’est pas un EntityDescriptor.")
    if len(signatures) != 1 or signatures[0].getparent() is not root:
        raise MetadataUnusable(url, "La racine n’est pas signée.")
    references = _query(signatures[0], "./ds:SignedInfo/ds:Reference")
    covers_root = len(references) == 1 and root.get("ID") and references[0].get("URI") == f"#{root.get('ID')}"
    if not covers_root or len(root.xpath("//@ID[. = $id]", id=root.get("ID"))) != 1:
        raise MetadataUnusable(url, "La signature ne porte pas sur la racine.")
    if {one.get("Algorithm") for one in _query(references[0], "./ds:Transforms/ds:Transform")} - TRANSFORMS:
        raise MetadataUnusable(url, "La signature transforme ce qu’elle signe.")
    methods = _query(signatures[0], ".//ds:SignatureMethod | .//ds:DigestMethod")
    if any(one.get("Algorithm") in OneLogin_Saml2_Constants.DEPRECATED_ALGORITHMS for one in methods):
        raise MetadataUnusable(url, "La signature est d’un algorithme périmé.")
    return root


def _read(root: Any, url: str, *, now: float) -> Published:
    idp = OneLogin_Saml2_IdPMetadataParser.parse(root).get("idp", {})
    certificates = tuple(
        _certificates(root, "./md:IDPSSODescriptor/md:KeyDescriptor[not(@use) or @use='signing']//ds:X509Certificate")
    )
    missing = [name for name in ("entityId", "singleSignOnService") if name not in idp]
    if missing or not certificates:
        raise MetadataUnusable(url, f"Il y manque : {', '.join(missing) or 'une clé de signature'} (HTTP-Redirect).")
    valid_until = _time(root.get("validUntil"), url)
    if valid_until is not None and valid_until <= now:
        raise MetadataUnusable(url, f"Elles ne valent plus depuis le {root.get('validUntil')} (validUntil).")
    idp.pop("x509cert", None)
    idp["x509certMulti"] = {"signing": list(certificates)}
    ask_again_at = min(now + LONGEST_KEPT_SECONDS, now + _seconds(root.get("cacheDuration"), url))
    return Published(idp=idp, certificates=certificates, valid_until=valid_until, ask_again_at=ask_again_at)


def _query(node: Any, path: str) -> list[Any]:
    found: list[Any] = OneLogin_Saml2_XML.query(node, path)
    return found


def _certificates(root: Any, path: str) -> Iterable[str]:
    return ["".join((node.text or "").split()) for node in _query(root, path)]


def _fingerprint(certificate: str) -> str:
    try:
        return hashlib.sha256(base64.b64decode(certificate, validate=True)).hexdigest()
    except binascii.Error:
        return ""


def _time(written: str | None, url: str) -> float | None:
    if written is None:
        return None
    try:
        return float(OneLogin_Saml2_Utils.parse_SAML_to_time(written))
    except Exception as wrong:  # python3-saml raises Exception itself for a time it cannot read
        raise MetadataUnusable(url, f"validUntil est illisible : {written}") from wrong


def _seconds(written: str | None, url: str) -> float:
    if written is None:
        return LONGEST_KEPT_SECONDS
    try:
        return max(float(OneLogin_Saml2_Utils.parse_duration(written, 0)), ASK_ANEW_SECONDS)
    except Exception as wrong:  # isodate's error, or Exception itself, as python3-saml has it
        raise MetadataUnusable(url, f"cacheDuration est illisible : {written}") from wrong
