"""The printable sheet for the hospital's IT department: what to install, and which browser policies to set."""

import json
from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from card_bridge.workstation.pages.frame import html_page
from card_bridge.workstation.texts import ENGLISH, FRENCH


def chromium_policy(origins: Sequence[str]) -> dict[str, Any]:
    """Chrome and Edge, 146 and later."""
    return {"LoopbackNetworkAllowedForUrls": list(origins)}


def older_chromium_policy(origins: Sequence[str]) -> dict[str, Any]:
    """Chrome and Edge, before 146."""
    return {"LocalNetworkAccessAllowedForUrls": list(origins)}


def firefox_policy(origins: Sequence[str]) -> dict[str, Any]:
    """Firefox: it names domains."""
    domains = list(dict.fromkeys(urlsplit(origin).hostname or "" for origin in origins))
    return {"policies": {"LocalNetworkAccess": {"Enabled": True, "EnablePrompting": True, "SkipDomains": domains}}}


def sheet_page(origins: Sequence[str], ports: Sequence[int], language: str) -> Response:
    """The sheet, with the origins and ports of this workstation's settings."""
    sites = list(origins) or ["https://id.exemple.test"]
    settings = f"origins = {json.dumps(sites)}\nports = {json.dumps(list(ports))}"
    french = language == FRENCH
    other = ENGLISH if french else FRENCH
    sections = _FRENCH if french else _ENGLISH
    policies = (chromium_policy(sites), older_chromium_policy(sites), firefox_policy(sites))
    blocks = [f"<p>{sections['intro']}</p>", f"<h2>{sections['settings']}</h2>", _block(settings)]
    for title, policy in zip(("chromium", "older", "firefox"), policies, strict=True):
        blocks += [f"<h2>{sections[title]}</h2>", _block(json.dumps(policy, indent=2))]
    blocks += [f"<h2>{sections['network']}</h2>", f"<p>{sections['network-text']}</p>"]
    blocks.append(
        f'<p class="screen"><a href="/sheet?lang={other}" lang="{other}" hreflang="{other}">'
        f"{'English' if french else 'Français'}</a></p>"
    )
    return html_page(title=sections["title"], main="\n".join(blocks), language=language)


def _block(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


_FRENCH = {
    "title": "Carte CPS : fiche pour le service informatique",
    "intro": "Le logiciel de carte écoute sur 127.0.0.1 seulement. Le navigateur demande une autorisation avant que la "
    "page de connexion ne l’appelle ; ces stratégies l’accordent d’avance, pour ces seuls sites.",
    "settings": "Réglages : /etc/poterne-card-bridge.toml",
    "chromium": "Chrome et Edge, versions 146 et suivantes",
    "older": "Chrome et Edge, versions antérieures",
    "firefox": "Firefox : policies.json",
    "network": "Réseau",
    "network-text": "Rien à ouvrir dans le pare-feu. Le poste joint ces sites en HTTPS. Le service « pcscd » doit être "
    "démarré, et le pilote du lecteur installé.",
}

_ENGLISH = {
    "title": "CPS card: sheet for the IT department",
    "intro": "The card bridge listens on 127.0.0.1 only. The browser asks for a permission before the login page calls "
    "it; these policies grant it in advance, for these sites only.",
    "settings": "Settings: /etc/poterne-card-bridge.toml",
    "chromium": "Chrome and Edge, 146 and later",
    "older": "Chrome and Edge, earlier versions",
    "firefox": "Firefox: policies.json",
    "network": "Network",
    "network-text": "No port needs to be opened in a firewall. The workstation reaches these sites over HTTPS. The "
    "service “pcscd” must run, and the driver of the reader must be installed.",
}
