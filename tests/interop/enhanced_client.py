"""An enhanced client, which is no browser: SAML V2.0 Profiles, section 4.2 (ECP).

It asks the service provider, carries the request to the identity provider that
it knows, with its user's password, and carries the answer back.
"""

from urllib.parse import urljoin

import requests
from lxml import etree

from tests.installation import Professional

ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
PAOS = "{urn:liberty:paos:2003-08}"
ECP = "{urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp}"
MEDIA_TYPE = "application/vnd.paos+xml"
ASKS = {
    "Accept": f"text/html, {MEDIA_TYPE}",
    "PAOS": 'ver="urn:liberty:paos:2003-08";"urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"',
}


def opens(address: str, *, by: Professional, identity_provider: str) -> requests.Response:
    """The page at `address`, once `by` has logged in at `identity_provider`."""
    with requests.Session() as client:
        asked = etree.fromstring(client.get(address, headers=ASKS, timeout=60).content)
        consumer = asked.find(f"{ENVELOPE}Header/{PAOS}Request").attrib["responseConsumerURL"]
        relay_state = asked.find(f"{ENVELOPE}Header/{ECP}RelayState")

        to_identity_provider = etree.Element(f"{ENVELOPE}Envelope")
        to_identity_provider.append(asked.find(f"{ENVELOPE}Body"))
        answer = requests.post(
            identity_provider,
            data=etree.tostring(to_identity_provider),
            headers={"Content-Type": "text/xml; charset=utf-8"},
            auth=(by.login, by.password),
            timeout=60,
        )
        answered = etree.fromstring(answer.content)
        meant_for = answered.find(f"{ENVELOPE}Header/{ECP}Response")
        assert meant_for is not None, f"{answer.status_code}: {answer.text}"
        assert meant_for.attrib["AssertionConsumerServiceURL"] == consumer, "4.2.4.5: another's answer goes nowhere"

        to_service_provider = etree.Element(f"{ENVELOPE}Envelope")
        if relay_state is not None:
            etree.SubElement(to_service_provider, f"{ENVELOPE}Header").append(relay_state)
        to_service_provider.append(answered.find(f"{ENVELOPE}Body"))
        _send_secure_cookies(client)
        brought = client.post(
            consumer,
            data=etree.tostring(to_service_provider),
            headers={"Content-Type": MEDIA_TYPE},
            timeout=60,
            allow_redirects=False,
        )
        _send_secure_cookies(client)
        return client.get(urljoin(brought.url, brought.headers["Location"]), timeout=60)


def _send_secure_cookies(client: requests.Session) -> None:
    """To a loopback address, over http too, as browsers do."""
    for cookie in client.cookies:
        cookie.secure = False
