"""@node-saml/node-saml behind Node's own server (node_saml.mjs)."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from tests.interop.key_pairs import make_key_pair
from tests.interop.node import NODE, with_its_packages
from tests.interop.service_providers import DSIG, RunningServiceProvider, TrustedIdentityProvider
from tests.ports import free_port
from tests.processes import until_ready

MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSaml:
    """One application."""

    url: str
    log: Path
    application: RunningServiceProvider


@contextmanager
def a_node_saml(
    folder: Path, trusted: TrustedIdentityProvider, *, identifier: str = "node-saml", **options: Any
) -> Iterator[NodeSaml]:
    """It knows one identity provider and, as yet, is known to nobody; `options` are node-saml's own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    keys = make_key_pair(folder, identifier)
    given = {
        "port": port,
        "key": str(keys.key),
        "certificate": str(keys.certificate),
        "provider": _as_its_operator_reads(trusted.metadata),
        "options": options,
    }
    log = folder / f"{identifier}.log"
    with (
        log.open("wb") as written,
        subprocess.Popen(
            [NODE, with_its_packages("node_saml.mjs"), json.dumps(given)], stdout=written, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            until_ready(process, lambda: "listening" in log.read_text(), log=log)
            application = RunningServiceProvider(
                identifier=identifier,
                metadata_url=f"{url}/metadata",
                protected=f"{url}/protected",
                logout=f"{url}/logout",
            )
            yield NodeSaml(url=url, log=log, application=application)
        finally:
            process.terminate()


def _as_its_operator_reads(metadata: bytes) -> dict[str, Any]:
    """node-saml reads no metadata: its operator copies addresses and certificates out of it."""
    root = etree.fromstring(metadata)

    def location(service: str) -> str:
        endpoints = root.iterfind(f"{MD}IDPSSODescriptor/{MD}{service}")
        return next(one.attrib["Location"] for one in endpoints if one.get("Binding") == REDIRECT)

    signing = [key for key in root.iter(f"{MD}KeyDescriptor") if key.get("use") in (None, "signing")]
    return {
        "entityId": root.get("entityID"),
        "sso": location("SingleSignOnService"),
        "logout": location("SingleLogoutService"),
        "certificates": [
            "".join("".join(key.itertext()).split()) for key in signing if key.find(f".//{DSIG}X509Data") is not None
        ],
    }
