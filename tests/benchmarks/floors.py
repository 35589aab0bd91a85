"""What cannot be left out, and nothing else: a WSGI application that does only what an answer must cost.

It is served by the same web server as the identity provider, and shares its Redis.
Each path does what the matching request of ours cannot do without: bytes are of the
same size, but nothing is checked, no framework runs, and no page is rendered.
"""

import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

import redis
from argon2 import PasswordHasher, Type
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.benchmarks.population import CHEAP, PASSWORD
from tests.benchmarks.servers import FLOOR_REDIS_URL, FLOOR_TRAIL
from tests.benchmarks.xml_floor import XmlFloor

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_RECORD = json.dumps({f"field-{number}": "x" * 30 for number in range(8)})
_CLAIMS = b"e" * 500
_LINE = ("2026-01-05 08:00:00.000000", "sign-in.answered", "a" * 32, "application-0", "s" * 24, "pwd", None, "{}",
         "personne", "127.0.0.1", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")  # fmt: skip
_INSERTION = (
    "INSERT INTO audit_event (at, kind, account, application, session, method, actor, detail, login, address, agent)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
REDIRECT = [("Location", "https://application-0.example/callback?code=" + "c" * 43 + "&state=" + "s" * 22),
             ("Content-Length", "0")]  # fmt: skip
TOKENS = b'{"access_token": "' + b"t" * 43 + b'", "id_token": "' + b"i" * 900 + b'"}'
_USERINFO = b'{"sub": "' + b"u" * 280 + b'"}'
_PAGE = b"<!doctype html>" + b"p" * 4_700


class Floor:
    """The least of each request."""

    def __init__(self) -> None:
        self._redis = redis.Redis.from_url(os.environ[FLOOR_REDIS_URL])
        self._key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        self._hasher = PasswordHasher(time_cost=1, memory_cost=CHEAP, parallelism=1, type=Type.ID)
        self._hash = self._hasher.hash(PASSWORD)
        self._of_thread = threading.local()
        self._writing = threading.Lock()
        self._xml = XmlFloor()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/authorize":
                self.authorize()
                return _answer(start_response, "303 See Other", b"", REDIRECT)
            case "/token":
                self.token()
                return _answer(start_response, "200 OK", TOKENS)
            case "/userinfo":  # token read
                self._exchanges(1)
                return _answer(start_response, "200 OK", _USERINFO)
            case "/begin":  # the pending login is the browser's to keep
                return _answer(start_response, "303 See Other", b"", REDIRECT)
            case "/page":  # whether it was answered
                self._exchanges(1)
                return _answer(start_response, "200 OK", _PAGE)
            case "/password":  # whether it was answered; attempt counted; session written; count taken back; one line
                self._exchanges(4)
                self._read_an_account()
                self._hasher.verify(self._hash, PASSWORD)
                self._write_a_line()
                return _answer(start_response, "303 See Other", b"", REDIRECT)
            case "/answer":  # whether it was answered; session read; answer marked; code written; one line
                self._exchanges(4)
                self._write_a_line()
                return _answer(start_response, "200 OK", _PAGE)
            case "/saml":  # session read; participation and the request's use written; one line
                self._exchanges(2)
                self._write_a_line()
                return _answer(start_response, "200 OK", _PAGE + self._xml.signed())
            case "/saml-encrypted":
                self._exchanges(2)
                self._write_a_line()
                return _answer(start_response, "200 OK", _PAGE + self._xml.encrypted())
            case "/saml-signatures":
                return _answer(start_response, "200 OK", _PAGE + self._xml.signed())
            case "/saml-signatures-encrypted":
                return _answer(start_response, "200 OK", _PAGE + self._xml.encrypted())
        return _answer(start_response, "200 OK", b"{}")

    def authorize(self) -> None:
        """Session read; code written; one line."""
        self._exchanges(2)
        self._write_a_line()

    def token(self) -> None:
        """Code spent; token written."""
        self._exchanges(2)
        self._sign()

    def _exchanges(self, count: int) -> None:
        """So many round trips: writes and reads in turn, of records of the usual length, none like another."""
        key = ""
        for number in range(count):
            if number % 2 == 0:
                key = f"floor:{uuid.uuid4().hex}"
                self._redis.set(key, _RECORD, px=60_000)
            else:
                self._redis.get(key)

    def _sign(self) -> None:
        self._key.sign(_CLAIMS, padding.PKCS1v15(), SHA256())

    def _write_a_line(self) -> None:
        trail = self._trail()
        with self._writing:
            trail.execute(_INSERTION, _LINE)

    def _read_an_account(self) -> None:
        self._trail().execute("SELECT * FROM account WHERE login = ?", ("personne",)).fetchall()

    def _trail(self) -> sqlite3.Connection:
        """One connection a thread; each statement is a transaction, durable when it returns."""
        if not hasattr(self._of_thread, "trail"):
            trail = sqlite3.connect(os.environ[FLOOR_TRAIL], isolation_level=None, timeout=30)
            trail.execute("PRAGMA journal_mode = WAL")
            trail.execute("PRAGMA synchronous = FULL")
            self._of_thread.trail = trail
        connection: sqlite3.Connection = self._of_thread.trail
        return connection


def _answer(
    start_response: "StartResponse", status: str, body: bytes, headers: list[tuple[str, str]] | None = None
) -> Iterable[bytes]:
    start_response(status, headers or [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


application = Floor()
