"""A WSGI application that returns the text of its environ, and how many octets of the body it could read."""

import json
from collections.abc import Iterable
from typing import Any

from config.web.proxies import TrustedProxies

TRUSTED = "127.0.0.1"


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    said["read"] = len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    body = json.dumps(said).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


application = TrustedProxies(echo, [TRUSTED])
