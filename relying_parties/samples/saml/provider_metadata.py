"""Fetches and verifies the identity provider's metadata: its endpoints, and the keys that verify its messages.

It is fetched at the first need, again after its `cacheDuration`, and at once when no known key verifies a message. A
new key of the identity provider therefore needs no administrator.

The first metadata must be signed by the certificate with the fingerprint `metadata_fingerprint`. Without a fingerprint
(allowed on this machine only) the first metadata is trusted as it is. Later metadata must be signed by a key of the
metadata before it, or by the certificate with the fingerprint.
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
REFETCH_SECONDS = 10
LONGEST_CACHED_SECONDS = 3600.0
TRANSFORMS = {
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMetadata:
    """A verified metadata document."""

    idp: dict[str, Any]  # in the form of python3-saml's settings
    certificates: tuple[str, ...]  # base64 of DER; their keys verify the identity provider's messages
    valid_until: float | None
    fetch_again_at: float

    @property
    def entity_id(self) -> str:
        return str(self.idp["entityId"])


class ProviderMetadata:
    """Caches the last verified metadata and fetches it again when it is due."""

    def __init__(self, url: str, *, fingerprint: str) -> None:
        self._url = url
        self._fingerprint = fingerprint
        self._published: PublishedMetadata | None = None
        self._fetched_at = 0.0
        self._lock = Lock()

    def current(self) -> PublishedMetadata:
        """The cached metadata, fetched again first if it is due.

        Raises:
            SignInError: it cannot be fetched or is refused, and the cached one is missing or no longer valid.
        """
        with self._lock:
            now = time.time()
            if self._published is None:
                self._published = self._fetch()
            elif now > self._published.fetch_again_at and now > self._fetched_at + REFETCH_SECONDS:
                try:
                    self._published = self._fetch()
                except (MetadataUnreachable, MetadataUnusable) as wrong:
                    if self._published.valid_until is not None and now > self._published.valid_until:
                        raise
                    log.warning("the cached metadata stays in use: %s", wrong)
            return self._published

    def refetched(self) -> PublishedMetadata:
        """The metadata fetched now, after a message with an unknown key; at most once every ten seconds."""
        with self._lock:
            if self._published is None or time.time() > self._fetched_at + REFETCH_SECONDS:
                self._published = self._fetch()
            return self._published

    def _fetch(self) -> PublishedMetadata:
        self._fetched_at = time.time()
        root = verified(self._document(), is_trusted=self._is_trusted, url=self._url)
        published = _parse(root, self._url, now=self._fetched_at)
        log.info("metadata of %s fetched, with %d signing keys", published.entity_id, len(published.certificates))
        return published

    def _is_trusted(self, certificate: str) -> bool:
        if self._fingerprint and _fingerprint(certificate) == self._fingerprint:
            return True
        if self._published is not None:
            return certificate in self._published.certificates
        return not self._fingerprint

    def _document(self) -> bytes:
        try:
            with requests.get(self._url, timeout=ANSWER_WITHIN_SECONDS, allow_redirects=False, stream=True) as answer:
                if answer.status_code != 200:
                    raise MetadataUnusable(self._url, f"La réponse a le code {answer.status_code}.")
                document: bytes = answer.raw.read(LARGEST_METADATA + 1, decode_content=True)
        except requests.RequestException as wrong:
            raise MetadataUnreachable(self._url) from wrong
        if len(document) > LARGEST_METADATA:
            raise MetadataUnusable(self._url, f"Le document dépasse {LARGEST_METADATA} octets.")
        return document


def verified(xml: bytes, *, is_trusted: Callable[[str], bool], url: str) -> Any:
    """The root of a metadata document, verified: a trusted certificate signed the whole document.

    Raises:
        MetadataUnusable: a check failed.
    """
    root = _signed_root(xml, url)
    for certificate in filter(is_trusted, dict.fromkeys(_certificates(root, ".//ds:X509Certificate"))):
        formatted = OneLogin_Saml2_Utils.format_cert(certificate)
        if OneLogin_Saml2_Utils.validate_metadata_sign(root, formatted, raise_exceptions=False):
            return root
    raise MetadataUnusable(url, "La signature n’est d’aucun des certificats auxquels cette application se fie.")


def _signed_root(xml: bytes, url: str) -> Any:
    """Metadata section 3: the signature covers the whole root, by its ID. python3-saml does not check this."""
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


def _parse(root: Any, url: str, *, now: float) -> PublishedMetadata:
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
    fetch_again_at = min(now + LONGEST_CACHED_SECONDS, now + _seconds(root.get("cacheDuration"), url))
    return PublishedMetadata(idp=idp, certificates=certificates, valid_until=valid_until, fetch_again_at=fetch_again_at)


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
    except Exception as wrong:  # python3-saml raises a bare Exception for an invalid time
        raise MetadataUnusable(url, f"validUntil est illisible : {written}") from wrong


def _seconds(written: str | None, url: str) -> float:
    if written is None:
        return LONGEST_CACHED_SECONDS
    try:
        return max(float(OneLogin_Saml2_Utils.parse_duration(written, 0)), REFETCH_SECONDS)
    except Exception as wrong:  # python3-saml raises a bare Exception, or the error of isodate
        raise MetadataUnusable(url, f"cacheDuration est illisible : {written}") from wrong
