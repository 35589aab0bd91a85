"""Prevents: minutes of CPU for one message without a valid signature.

Before it can tell who has signed, a verifier must canonicalize what is said to be
signed. For each element libxml2 then looks for each prefix of an InclusiveNamespaces
list among all the namespaces in scope: thousands of each, in 50 kB, took half a minute.
"""

import time

import pytest

from config.xml import XmlFault, XmlRefused, read_message
from config.xml_bounds import MESSAGE
from idp.saml.xmlsec.verification import MOST_PREFIXES, SignatureFault, SignatureRefused, verify_signature
from tests.builders.saml import key_pair

AT_WORST = 0.05  # seconds of processor, for all that a message may hold; it is a tenth of that here
DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


def a_message(*, namespaces: int, prefixes: list[str], inside: str) -> bytes:
    """A message whose signature has the right form and is wrong."""
    declared = "".join(f' xmlns:n{number}="u:x"' for number in range(namespaces))
    listed = f'<InclusiveNamespaces xmlns="{EXCLUSIVE}" PrefixList="{" ".join(prefixes)}"/>' if prefixes else ""
    return (
        f'<x{declared} ID="_a"><ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><ds:Reference URI="#_a">'
        f'<ds:Transforms><ds:Transform Algorithm="{DS}enveloped-signature"/><ds:Transform Algorithm="{EXCLUSIVE}">'
        f'{listed}</ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        "<ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue>"
        f"</ds:Signature>{inside}</x>"
    ).encode()


def verified(message: bytes) -> SignatureFault:
    root = read_message(message)
    with pytest.raises(SignatureRefused) as refused:
        verify_signature(root, root, [key_pair("messagerie").certificate])
    return refused.value.reason


def test_a_list_of_many_prefixes_is_refused_before_anything_is_computed():
    prefixes = [f"n{number}" for number in range(MOST_PREFIXES + 1)]
    assert verified(a_message(namespaces=20, prefixes=prefixes, inside="")) is SignatureFault.TRANSFORMS
    assert verified(a_message(namespaces=20, prefixes=prefixes[:-1], inside="")) is SignatureFault.WRONG


def test_too_many_namespaces_are_refused():
    with pytest.raises(XmlRefused) as refused:
        read_message(a_message(namespaces=MESSAGE.in_scope, prefixes=[], inside=""))
    assert refused.value.reason is XmlFault.TOO_MANY_NODES


@pytest.mark.parametrize("prefix", ["n{}", "absent{}"])
@pytest.mark.parametrize("inside", ["<b>" + "<a/>" * 230 + "</b>", "<b>" * 28 + "<a/>" * 200 + "</b>" * 28])
def test_the_most_expensive_accepted_message_costs_little(prefix, inside):
    most = MESSAGE.in_scope - 5
    prefixes = [prefix.format(most - number) for number in range(1, MOST_PREFIXES + 1)]
    message = a_message(namespaces=most, prefixes=prefixes, inside=inside)
    began = time.thread_time()
    assert verified(message) is SignatureFault.WRONG
    assert time.thread_time() - began < AT_WORST
