"""What is fetched of the identity provider: its metadata and its keys, kept for a while and shared by all threads.

Strangers can cause a fetch, by beginning a sign-in or with a logout token that nobody has signed, and each would hold a
thread until it fails. While the identity provider does not answer, the callers share one failure.
"""

import http.client
import time
from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from config.http_client import HttpClient, HttpFailed
from config.strict_parsing import InvalidJson, parse_json_object

METADATA_FRESH_FOR: Final = 600.0  # seconds
KEYS_FETCHED_EVERY: Final = 60.0  # seconds, for a key that is not known
TRIED_AGAIN_AFTER: Final = 5.0  # seconds, once it has not answered
LARGEST_DOCUMENT: Final = 262_144  # octets


class ProviderUnavailable(Exception):
    """The identity provider does not answer, or not as one: the sign-in may be tried again later."""


class ProviderMetadata:
    """The metadata and the keys. Thread-safe."""

    def __init__(self, issuer: str, http_client: HttpClient) -> None:
        self._issuer = issuer
        self._http = http_client
        self._lock = Lock()
        self._metadata: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._fetched_at = self._keys_fetched_at = self._away_until = float("-inf")

    def endpoint(self, name: str) -> str:
        """An address of the metadata; while they cannot be refreshed, of those that were fetched last.

        Raises:
            ProviderUnavailable
        """
        with self._lock:
            if time.monotonic() - self._fetched_at > METADATA_FRESH_FOR:
                try:
                    self._metadata, self._fetched_at = self._fetch(), time.monotonic()
                except ProviderUnavailable:
                    if not self._metadata:
                        raise
            found = self._metadata.get(name)
        if not isinstance(found, str):
            raise ProviderUnavailable(f"its metadata have no {name}")
        return found

    def _fetch(self) -> dict[str, Any]:
        """Discovery 1.0, section 4.3: the issuer must be the configured one."""
        metadata = self.document(f"{self._issuer}/.well-known/openid-configuration")
        if metadata.get("issuer") != self._issuer:
            raise ProviderUnavailable("its metadata name another issuer: compare idp_issuer with its `issuer`")
        return metadata

    def key_set(self, *, again: bool = False) -> KeySet:
        """The keys; with `again`, fetched again unless they were a moment ago.

        Raises:
            ProviderUnavailable
        """
        address = self.endpoint("jwks_uri")
        with self._lock:
            if self._keys is None or (again and time.monotonic() - self._keys_fetched_at > KEYS_FETCHED_EVERY):
                document = self.document(address)
                try:
                    self._keys = KeySet.import_key_set(document)  # type: ignore[arg-type]
                except (JoseError, ValueError, TypeError, KeyError) as wrong:
                    raise ProviderUnavailable(f"its keys cannot be read: {type(wrong).__name__}") from wrong
                self._keys_fetched_at = time.monotonic()
            return self._keys

    def document(self, address: str, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object at an address of the identity provider.

        Raises:
            ProviderUnavailable
        """

        def read(response: http.client.HTTPResponse) -> tuple[int, bytes]:
            return response.status, response.read(LARGEST_DOCUMENT)

        self.refuse_while_away()
        try:
            status, body = self._http.get(address, read, headers={"Accept": "application/json", **(headers or {})})
            if status != http.client.OK:
                raise ProviderUnavailable(f"{address} answered {status}")
            return parse_json_object(body)
        except HttpFailed as failure:
            raise self.away(f"{address}: {failure}") from failure
        except InvalidJson as invalid:
            raise ProviderUnavailable(f"{address}: {invalid}") from invalid

    # --- while it does not answer -----------------------------------------------------

    def away(self, reason: str) -> ProviderUnavailable:
        """Strangers can cause calls, and each holds a thread until it fails: those that follow share the failure."""
        self._away_until = time.monotonic() + TRIED_AGAIN_AFTER
        return ProviderUnavailable(reason)

    def refuse_while_away(self) -> None:
        """
        Raises:
            ProviderUnavailable: it did not answer a moment ago.
        """
        if time.monotonic() < self._away_until:
            raise ProviderUnavailable("it did not answer a moment ago")
