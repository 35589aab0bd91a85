"""The xmlsec1 program, a second opinion on XML signatures and encryption: it shares no binary with us."""

import shutil
import subprocess
from pathlib import Path

from lxml import etree

from idp.keys.certificates import SigningIdentity, as_pem

PROGRAM = shutil.which("xmlsec1")


class Xmlsec1:
    """`folder` is for the files that it must be given."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def verifies(self, document: bytes, certificate: str, element: etree._Element) -> bool:
        """Is `element` of this document signed by the certificate's key?"""
        certificate_file = self._file("pem", as_pem(certificate))
        verified = self._run(
            "--verify", "--pubkey-cert-pem", certificate_file, "--enabled-key-data", "raw-x509-cert",
            "--node-xpath", _signature_path(element), *_id_attribute(element), self._file("xml", document),
        )  # fmt: skip
        return verified.returncode == 0

    def signs(self, template: bytes, identity: SigningIdentity, element: etree._Element) -> bytes:
        """The document with the empty signature of `element` filled in."""
        return self._made(
            "--sign", "--privkey-pem", self._file("key", identity.private_key),
            "--node-xpath", _signature_path(element), *_id_attribute(element), self._file("xml", template),
        )  # fmt: skip

    def encrypts(self, element: bytes, template: bytes, certificate: str, session_key: str) -> bytes:
        return self._made(
            "--encrypt", "--pubkey-cert-pem", self._file("pem", as_pem(certificate)), "--session-key", session_key,
            "--xml-data", self._file("xml", element), self._file("template", template),
        )  # fmt: skip

    def decrypts(self, document: bytes, identity: SigningIdentity) -> bytes:
        """The document with what was encrypted in its place."""
        return self._made(
            "--decrypt", "--privkey-pem", self._file("key", identity.private_key), self._file("xml", document)
        )

    def _made(self, *arguments: str) -> bytes:
        result = self._run(*arguments)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        assert PROGRAM, "xmlsec1 is missing: .ci/debian-packages installs it"
        return subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=20, check=False)

    def _file(self, name: str, content: bytes | str) -> str:
        file = self._folder / f"file.{name}"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(file)


def _signature_path(element: etree._Element) -> str:
    """Of the signature that is the element's child, wherever the element stands."""
    return f"//*[@ID='{element.get('ID')}']/*[local-name()='Signature']"


def _id_attribute(element: etree._Element) -> tuple[str, str]:
    name = etree.QName(element)
    return "--id-attr:ID", f"{name.namespace}:{name.localname}"
