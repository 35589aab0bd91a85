"""djangosaml2, which is pysaml2 and the xmlsec1 program under Django (django_application.py)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.installation import TREE
from tests.interop.key_pairs import make_key_pair
from tests.interop.service_providers import RunningServiceProvider, TrustedIdentityProvider
from tests.ports import free_port
from tests.processes import until_ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Django:
    """One application."""

    url: str
    log: Path
    application: RunningServiceProvider


@contextmanager
def a_djangosaml2(folder: Path, trusted: TrustedIdentityProvider) -> Iterator[Django]:
    """It knows one identity provider and, as yet, is known to nobody."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    keys = make_key_pair(folder, "django")
    (folder / "identity-provider.xml").write_bytes(trusted.metadata)
    given = {
        "folder": str(folder),
        "url": url,
        "port": port,
        "key": str(keys.key),
        "certificate": str(keys.certificate),
    }
    named = {"DJANGO_SETTINGS_MODULE": "tests.interop.django_settings", "DJANGO_APPLICATION": json.dumps(given)}
    log = folder / "django.log"
    metadata_url = f"{url}/saml2/metadata/"
    with (
        log.open("wb") as written,
        subprocess.Popen(
            [sys.executable, "-m", "tests.interop.django_application"],
            cwd=TREE,
            env=os.environ | named,
            stdout=written,
            stderr=subprocess.STDOUT,
        ) as process,
    ):

        def answers() -> bool:
            try:
                return requests.get(metadata_url, timeout=10).ok
            except requests.ConnectionError:
                return False

        try:
            until_ready(process, answers, log=log)
            application = RunningServiceProvider(
                identifier="django",
                metadata_url=metadata_url,
                protected=f"{url}/protected",
                logout=f"{url}/saml2/logout/",
            )
            yield Django(url=url, log=log, application=application)
        finally:
            process.terminate()
