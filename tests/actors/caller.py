"""What calls the identity provider's interface for enrollment: enrollment itself, or a thief of its secret."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.test import Client, TestResponse

from tests.actors.identity_provider import IdentityProvider

SECRET = "interface-secret-of-the-tests-0123456789"


def write_secret(folder: Path, *secrets: str) -> Path:
    """A private file with these secrets, or that of the tests, one a line."""
    file = folder / "enrollment-interface.txt"
    file.write_text("\n".join(secrets or (SECRET,)) + "\n", encoding="ascii")
    file.chmod(0o600)
    return file


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A program that calls `/api/`. Its secret is the right one unless a test says otherwise."""

    idp: IdentityProvider
    secret: str = SECRET
    address: str = "192.0.2.20"

    def calls(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """A call. `body` is sent as JSON, octets as they are; `headers` have `_` for `-`."""
        octets = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        sent |= {"Content-Type": "application/json"} if body is not None else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        client = Client(self.idp.app.wsgi_app)
        return client.open(path, method=method, data=octets, headers=sent, environ_base={"REMOTE_ADDR": self.address})
