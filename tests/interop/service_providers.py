"""SAML service providers of other people's: the identity provider that they trust, and how they are registered."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import requests
from lxml import etree

from tests.installation import Installation
from tests.interop.plain_browser import PlainBrowser

DSIG = "{http://www.w3.org/2000/09/xmldsig#}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedIdentityProvider:
    """An identity provider as the operator of a service provider knows it."""

    entity_id: str
    metadata_url: str
    metadata: bytes
    certificate: str  # PEM: what the metadata is signed with

    @classmethod
    def at(cls, metadata_url: str) -> Self:
        """Taken on trust, once, as many operators do."""
        answer = requests.get(metadata_url, timeout=60)
        answer.raise_for_status()
        root = etree.fromstring(answer.content)
        signed_with = root.findtext(f"{DSIG}Signature/{DSIG}KeyInfo/{DSIG}X509Data/{DSIG}X509Certificate")
        assert signed_with, "the metadata is signed, and says with which certificate"
        lines = "\n".join(["-----BEGIN CERTIFICATE-----", "".join(signed_with.split()), "-----END CERTIFICATE-----"])
        return cls(
            entity_id=root.attrib["entityID"],
            metadata_url=metadata_url,
            metadata=answer.content,
            certificate=f"{lines}\n",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServiceProvider:
    """One entity of a service provider's software, under its own metadata."""

    identifier: str
    metadata_url: str
    protected: str  # an address that asks for a login, then shows what was learnt
    logout: str  # an address that ends the session, there and here

    def metadata(self) -> bytes:
        answer = requests.get(self.metadata_url, timeout=60)
        answer.raise_for_status()
        return answer.content


ATTRIBUTES = ("given_name", "family_name", "email")


def register(
    installation: Installation,
    provider: RunningServiceProvider,
    *,
    attributes: Sequence[str] = ATTRIBUTES,
    **terms: str | bool | list[str],
) -> None:
    """By the metadata that the software itself has written, with more `terms` of the registration's [saml] table."""
    (installation.folder / f"{provider.identifier}.xml").write_bytes(provider.metadata())
    more = "\n".join(f"{name} = {json.dumps(term)}" for name, term in terms.items())
    installation.register(
        f"""
        name = "{provider.identifier}"
        identifier = "{provider.identifier}"
        home_url = "{provider.protected}"
        attributes = {json.dumps(attributes)}
        entry = "everyone"
        lowest_assurance = "password"
        display_name = {{ fr = "L'application des autres", en = "The others' application" }}

        [saml]
        metadata_file = "{provider.identifier}.xml"
        {more}
        """,
        client_id=provider.identifier,
        has_secret=False,
    )


def environment(page: requests.Response) -> dict[str, str]:
    """What the program of tests/interop/apache.py shows."""
    assert page.headers["Content-Type"].startswith("text/plain"), f"{page.status_code} at {page.url}\n{page.text}"
    return dict(line.split("=", 1) for line in page.text.splitlines())


def last_answer(browser: PlainBrowser) -> etree._Element:
    """The last Response that the browser has carried."""
    carried = next(form.fields["SAMLResponse"] for form in reversed(browser.carried) if "SAMLResponse" in form.fields)
    return etree.fromstring(base64.b64decode(carried))


def names_in(answer: etree._Element) -> list[str]:
    """The names of every element, without their namespaces."""
    return [etree.QName(element).localname for element in answer.iter()]


def signatures_in(answer: etree._Element) -> dict[str, str]:
    """What is signed, and how: an element's name without its namespace, and the algorithm's without its address."""
    return {
        etree.QName(signature.getparent()).localname: signature.find(f".//{DSIG}SignatureMethod")
        .attrib["Algorithm"]
        .rpartition("#")[2]
        for signature in answer.iter(f"{DSIG}Signature")
    }
