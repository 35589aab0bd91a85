"""Fetches metadata by HTTP, within limits of time and size, and only from the declared origin.

`config/http_client.py` makes the calls: it verifies TLS, has a deadline for the whole call, and
allows plain HTTP only in development, to this machine. This module follows redirects within
the origin, sends conditional requests, and limits the size of the document, also after gzip.
"""

import http.client
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urljoin

from config.http_client import HttpClient, HttpFailed
from idp.saml.sp_metadata.faults import MetadataFault, MetadataRefused
from relying_parties.addresses import address_fault, origin_of

ACCEPTED = "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.8"
MOST_REDIRECTS = 3
_CHUNK = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpValidators:
    """The validators of a conditional request: RFC 9110, sections 13.1.2 and 13.1.3."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """Fetches documents. `loopback_http` allows plain HTTP to this machine, for development."""

    http_client: HttpClient
    loopback_http: bool

    def fetch(
        self, address: str, output: BinaryIO, *, at_most: int, validators: HttpValidators | None = None
    ) -> HttpValidators | None:
        """Write the document at `address` to `output`, at most `at_most` octets; return its validators.

        Returns None and writes nothing if the document has not changed since it had `validators`.

        Raises:
            MetadataRefused: the document cannot be fetched within the limits. `output` may have a part of it.
        """
        validators = validators or HttpValidators()
        declared = address

        def read(answer: http.client.HTTPResponse) -> HttpValidators | str | None:
            return _read(answer, output, at_most=at_most, validators=validators)

        for _ in range(1 + MOST_REDIRECTS):
            if fault := address_fault(address, loopback_http=self.loopback_http, of_metadata=True):
                raise MetadataRefused(MetadataFault.UNREACHABLE, fault, received=address)
            try:
                location = self.http_client.get(address, read, headers=_headers(validators))
            except HttpFailed as failure:
                fault_word = MetadataFault.TOO_SLOW if str(failure) == "TimeoutError" else MetadataFault.UNREACHABLE
                raise MetadataRefused(fault_word, f"cannot be fetched: {failure}", received=address) from None
            if not isinstance(location, str):
                return location
            address = _joined(address, location)
            if _origin(address) != origin_of(declared):
                change = f"it must not redirect outside {origin_of(declared)}"
                raise MetadataRefused(MetadataFault.REDIRECTED, change, received=address)
        raise MetadataRefused(
            MetadataFault.REDIRECTED, f"it must not redirect more than {MOST_REDIRECTS} times", received=declared
        )


def _headers(validators: HttpValidators) -> dict[str, str]:
    headers = {"Accept": ACCEPTED, "Accept-Encoding": "gzip"}
    if validators.etag:
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers


def _read(
    answer: http.client.HTTPResponse, output: BinaryIO, *, at_most: int, validators: HttpValidators
) -> HttpValidators | str | None:
    """Read the response; return the Location of a redirect, the new validators, or None if nothing has changed."""
    if answer.status in _REDIRECTS:
        return answer.getheader("Location") or ""
    if answer.status == 304 and validators != HttpValidators():
        return None
    if answer.status == 404:
        raise MetadataRefused(MetadataFault.NO_SUCH_ENTITY, "there is nothing at that address")
    if answer.status != 200:
        raise MetadataRefused(MetadataFault.UNREACHABLE, f"the server answers {answer.status}")
    for piece in _plain(_pieces(answer), answer.getheader("Content-Encoding") or "identity", at_most):
        output.write(piece)
    return HttpValidators(etag=_header(answer, "ETag"), last_modified=_header(answer, "Last-Modified"))


def _pieces(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := answer.read1(_CHUNK):
        yield piece
    if answer.length:
        raise http.client.IncompleteRead(b"", answer.length)


def _plain(pieces: Iterator[bytes], encoding: str, at_most: int) -> Iterator[bytes]:
    """The octets of the document; gzip is decompressed in bounded pieces, and the result counted."""
    if encoding.lower() not in ("identity", "gzip", "x-gzip"):
        raise MetadataRefused(
            MetadataFault.UNREACHABLE, "its Content-Encoding must be identity or gzip", received=encoding[:80]
        )
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding.lower() != "identity" else None
    made = 0
    for piece in pieces:
        rest = piece
        while rest:
            if inflater is None:
                out, rest = rest, b""
            else:
                out, rest = _inflated(inflater, rest)
            made += len(out)
            if made > at_most:
                raise MetadataRefused(MetadataFault.TOO_LARGE, f"must be at most {at_most} octets")
            yield out
    if inflater is not None and not inflater.eof:
        raise MetadataRefused(MetadataFault.NOT_XML, "its gzip data end too early")


def _inflated(inflater: "zlib._Decompress", octets: bytes) -> tuple[bytes, bytes]:
    try:
        return inflater.decompress(octets, _CHUNK), inflater.unconsumed_tail
    except zlib.error:
        raise MetadataRefused(MetadataFault.NOT_XML, "it is not valid gzip") from None


def _joined(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError:
        return ""


def _origin(address: str) -> str:
    try:
        return origin_of(address)
    except ValueError:
        return ""


def _header(answer: http.client.HTTPResponse, name: str) -> str:
    """The value of a header that may be sent back: short, printable ASCII; otherwise empty."""
    value = answer.getheader(name) or ""
    return value if len(value) <= 200 and value.isascii() and value.isprintable() else ""
