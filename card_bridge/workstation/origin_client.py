"""HTTP to the services of the settings: TLS by the system's authorities, no redirect, small JSON answers."""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Final, NoReturn
from urllib.parse import urlsplit

from config.strict_parsing import InvalidJson, parse_json_object

_TIMEOUT: Final = 10.0  # seconds
_LARGEST_ANSWER: Final = 16_384  # octets


class Cause(StrEnum):
    """Why a service gave no good answer."""

    NO_CONNECTION = "no connection"
    NOT_TRUSTED = "its certificate is not trusted"
    TIMED_OUT = "it did not answer in time"
    STATUS = "it answered with an error"
    WRONG_ANSWER = "its answer is not a small JSON object"


class ServiceUnreachable(OSError):
    """A service gave no good answer. The message does not have the address, whose path may hold a secret."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        self.cause = cause
        super().__init__(f"{cause} ({detail})" if detail else str(cause))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A service that redirects a ticket or a token elsewhere is refused, as any other status is."""

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message
    ) -> NoReturn:
        raise urllib.error.HTTPError(req.full_url, code, msg, headers, fp)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class OriginClient:
    """Calls the services. The TLS name that it verifies is the origin of the challenge."""

    def __init__(self, *, user_agent: str, ca_file: Path | None = None) -> None:
        """Prepare to call.

        Args:
            user_agent: the name and version that services see.
            ca_file: certificate authorities that are trusted beside the system's, in PEM.
        """
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(cafile=ca_file)
        self._user_agent = user_agent
        https = urllib.request.HTTPSHandler(context=context)
        self._opener = urllib.request.build_opener(_NoRedirect, https)
        self._direct_opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))

    def get(self, address: str) -> dict[str, Any]:
        """The JSON object at an address.

        Raises:
            ServiceUnreachable: no connection, a wrong certificate, no HTTP, a status other than 2xx, or no JSON object.
        """
        return _object(self._send(address, None))

    def post(self, address: str, members: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object that answers a JSON object; empty for an answer without a body.

        Raises:
            ServiceUnreachable: as `get`.
        """
        answer = self._send(address, json.dumps(dict(members)).encode())
        return _object(answer) if answer else {}

    def _send(self, address: str, body: bytes | None) -> bytes:
        headers = {"Accept": "application/json", "User-Agent": self._user_agent}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(address, data=body, headers=headers)  # noqa: S310 - of an allowed origin
        # A service on this computer, in development, is not reached through a proxy.
        opener = self._opener if urlsplit(address).scheme == "https" else self._direct_opener
        try:
            with opener.open(request, timeout=_TIMEOUT) as answer:
                octets: bytes = answer.read(_LARGEST_ANSWER + 1)
        except urllib.error.HTTPError as refused:
            refused.close()
            raise ServiceUnreachable(Cause.STATUS, str(refused.code)) from None
        except urllib.error.URLError as failure:
            raise _unreachable(failure.reason) from None
        except (OSError, ValueError, http.client.HTTPException) as failure:
            raise _unreachable(failure) from None
        if len(octets) > _LARGEST_ANSWER:
            raise ServiceUnreachable(Cause.WRONG_ANSWER)
        return octets


def _object(octets: bytes) -> dict[str, Any]:
    try:
        return parse_json_object(octets)
    except InvalidJson:
        raise ServiceUnreachable(Cause.WRONG_ANSWER) from None


def _unreachable(reason: object) -> ServiceUnreachable:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return ServiceUnreachable(Cause.NOT_TRUSTED, reason.verify_message)
    if isinstance(reason, TimeoutError):
        return ServiceUnreachable(Cause.TIMED_OUT)
    return ServiceUnreachable(Cause.NO_CONNECTION, type(reason).__name__)
