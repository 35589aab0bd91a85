"""Valid SAML messages made invalid, or only strange: each mutation is a name and a number, to be told again by.

Some change the tree (what is there, twice, elsewhere, of another name), some the
octets, some how they travel. A message is changed before it is signed or after: the
first shows what becomes of a strange message from a sender who has the key.
"""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from copy import deepcopy
from random import Random
from zlib import MAX_WBITS, compressobj

from lxml import etree

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"

TAGS = tuple(
    f"{{{namespace}}}{name}"
    for namespace, names in {
        SAMLP: "AuthnRequest LogoutRequest LogoutResponse ArtifactResolve ArtifactResponse Response Status StatusCode "
        "NameIDPolicy RequestedAuthnContext Scoping IDPList IDPEntry RequesterID Extensions SessionIndex Artifact",
        SAML: "Issuer Subject NameID EncryptedID BaseID Conditions AudienceRestriction Audience AuthnContextClassRef "
        "AuthnContextDeclRef Assertion EncryptedAssertion SubjectConfirmation OneTimeUse ProxyRestriction",
        DS: "Signature SignedInfo Reference Object KeyInfo KeyName X509Data RetrievalMethod Transforms",
        XENC: "EncryptedData EncryptedKey CipherData CipherValue CipherReference EncryptionMethod",
        "urn:invented": "x y",
    }.items()
    for name in names.split()
)  # fmt: skip
ATTRIBUTES = (
    "ID", "Id", "id", "Version", "IssueInstant", "Destination", "Consent", "ForceAuthn", "IsPassive", "ProtocolBinding",
    "AssertionConsumerServiceIndex", "AssertionConsumerServiceURL", "AttributeConsumingServiceIndex", "ProviderName",
    "Format", "NameQualifier", "SPNameQualifier", "SPProvidedID", "AllowCreate", "Comparison", "ProxyCount", "Value",
    "NotBefore", "NotOnOrAfter", "InResponseTo", "Reason", "URI", "Algorithm", "Type", "ProviderID",
    "{http://www.w3.org/XML/1998/namespace}id", "{http://www.w3.org/2001/XMLSchema-instance}type",
    "{http://www.w3.org/2001/XMLSchema-instance}nil", "{urn:invented}x",
)  # fmt: skip
TEXTS = (
    "", " ", "x", "0", "-1", "1", "65535", "99999999999999999999", "true", "false", "yes", "é\u202e\u2028", "\x7f",
    "]]>", "<!--", "&amp;", "\U0001f4a3", "\ufffd", "'\"<>&", "../../etc/passwd", "{{7*7}}", "' OR 1=1 --",
    "%00", "\t\n ",
    "a" * 300, "b" * 5_000, "urn:oasis:names:tc:SAML:2.0:nameid-format:", "urn:invented", "__class__", "https://",
    "https://attacker.example/acs", "//attacker.example", "javascript:alert(1)", "https://[::1", "https://a:b/",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:transient", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted",
    "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI",
    "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact",
    "urn:oasis:names:tc:SAML:2.0:bindings:PAOS", "urn:oasis:names:tc:SAML:2.0:status:Success", "2.0", "1.1",
    "3", "exact",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "24:00:00",
    "2026-11-22T24:00:00Z",
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1", "http://www.w3.org/2001/04/xmlenc#rsa-1_5", "#", "#_x", "P1Y", "NaN",
)  # fmt: skip
OCTETS = (
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"<", b">", b"&", b"&#0;", b"&#xD800;", b"&#x1F4A3;", b"&e;", b"]]>",
    b"<![CDATA[",
    b"<!-- -->", b"<?x y?>", b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]>', b"<!DOCTYPE x>",
    b"\xed\xa0\x80",
    b'<?xml version="1.0" encoding="utf-16"?>', b'<?xml version="1.1"?>', b' xmlns:a="" ', b' xmlns="urn:invented" ',
    b"<x>" * 70,
    b"<x/>" * 2_000, b' a="' + b"y" * 3_000 + b'" ', b"\r\n", b"\xc2\x85",
)  # fmt: skip

Tree = etree._Element


def changed(xml: bytes, how: str, number: int) -> bytes:
    """`xml` after one mutation; what is no XML any more is only changed by its octets."""
    random = Random(number)  # noqa: S311 - to be told again
    if how in OF_OCTETS:
        return OF_OCTETS[how](xml, random)
    try:
        root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False))
        OF_A_TREE[how](root, random)
        return etree.tostring(root)
    except (etree.XMLSyntaxError, ValueError):
        return xml


def carried(xml: bytes, how: str, number: int, *, deflates: bool) -> str:
    """`xml` as a parameter holds it, by a way that is right, or not."""
    random = Random(number)  # noqa: S311 - to be told again
    if how == "zlib":
        return b64encode(_compressed(xml, MAX_WBITS)).decode()
    deflated = _compressed(xml, -MAX_WBITS) if deflates != (how == "other binding") else xml
    match how:
        case "trailing":
            return b64encode(deflated + b"trailing").decode()
        case "cut":
            return b64encode(deflated[: random.randrange(len(deflated) + 1)]).decode()
        case "url-safe":
            return urlsafe_b64encode(deflated).decode()
        case "lines":
            return "\r\n ".join(b64encode(deflated).decode())
        case "unpadded":
            return b64encode(deflated).decode().rstrip("=")
        case "bomb":
            return b64encode(_compressed(b" " * random.choice((200_000, 5_000_000)) + xml, -MAX_WBITS)).decode()
        case "text":
            return random.choice(TEXTS)
    return b64encode(deflated).decode()


def _compressed(octets: bytes, wbits: int) -> bytes:
    compressor = compressobj(wbits=wbits)
    return compressor.compress(octets) + compressor.flush()


def _any(root: Tree, random: Random) -> Tree:
    return random.choice(list(root.iter("*")))


def _inner(root: Tree, random: Random) -> Tree | None:
    inner = list(root.iterdescendants("*"))
    return random.choice(inner) if inner else None


def _remove(root: Tree, random: Random) -> None:
    if (element := _inner(root, random)) is not None:
        element.getparent().remove(element)


def _repeat(root: Tree, random: Random) -> None:
    if (element := _inner(root, random)) is not None:
        for _ in range(random.choice((1, 1, 2, 60))):
            element.addnext(deepcopy(element))


def _move(root: Tree, random: Random) -> None:
    element, place = _inner(root, random), _any(root, random)
    if element is not None and element is not place and element not in place.iterancestors():
        place.insert(random.randrange(len(place) + 1), element)


def _rename(root: Tree, random: Random) -> None:
    _any(root, random).tag = random.choice(TAGS)


def _add(root: Tree, random: Random) -> None:
    place = _any(root, random)
    added = etree.Element(random.choice(TAGS))
    added.text = random.choice(TEXTS[:40]).replace("\x7f", "")
    place.insert(random.randrange(len(place) + 1), added)


def _wrap(root: Tree, random: Random) -> None:
    """The element within one of another name: a signed message inside another's, for one."""
    element = _any(root, random)
    outer = etree.Element(random.choice(TAGS))
    for _ in range(random.choice((0, 0, 3, 80))):
        outer.append(etree.Element("x"))
    inner = deepcopy(element)
    for child in list(element):
        element.remove(child)
    outer.append(inner)
    element.append(outer)


def _nest(root: Tree, random: Random) -> None:
    place = _any(root, random)
    for _ in range(random.choice((5, 50, 200))):
        place = etree.SubElement(place, random.choice(TAGS))


def _set_attribute(root: Tree, random: Random) -> None:
    element = _any(root, random)
    names = list(element.keys()) if random.random() < 0.5 else []
    element.set(random.choice(names or ATTRIBUTES), random.choice(TEXTS))


def _drop_attribute(root: Tree, random: Random) -> None:
    element = _any(root, random)
    if names := list(element.keys()):
        del element.attrib[random.choice(names)]


def _set_text(root: Tree, random: Random) -> None:
    element = _any(root, random)
    where = "tail" if element is not root and random.random() < 0.3 else "text"
    setattr(element, where, random.choice(TEXTS))


def _cut_text(root: Tree, random: Random) -> None:
    """A comment or an element in the middle of a text."""
    element = _any(root, random)
    inside = etree.Comment("x") if random.random() < 0.7 else etree.Element(random.choice(TAGS))
    text = element.text or ""
    at = random.randrange(len(text) + 1)
    element.text, inside.tail = text[:at], text[at:]
    element.insert(0, inside)


OF_A_TREE: Mapping[str, Callable[[Tree, Random], None]] = {
    "remove": _remove, "repeat": _repeat, "move": _move, "rename": _rename, "add": _add, "wrap": _wrap, "nest": _nest,
    "set-attribute": _set_attribute, "drop-attribute": _drop_attribute, "set-text": _set_text, "cut-text": _cut_text,
}  # fmt: skip


def _insert(xml: bytes, random: Random) -> bytes:
    at = random.choice((0, len(xml), random.randrange(len(xml) + 1)))
    return xml[:at] + random.choice(OCTETS) + xml[at:]


def _flip(xml: bytes, random: Random) -> bytes:
    at = random.randrange(len(xml) + 1)
    return xml[:at] + bytes([random.randrange(256)]) + xml[at + 1 :]


def _truncate(xml: bytes, random: Random) -> bytes:
    return xml[: random.randrange(len(xml) + 1)]


def _swap(xml: bytes, random: Random) -> bytes:
    """A prefix, a namespace or a name of another thing, everywhere."""
    one, other = random.choice(
        ((b"samlp:", b"saml:"), (b":2.0:protocol", b":1.1:protocol"), (b"AuthnRequest", b"LogoutRequest"), (b'"', b"'"),
         (b"saml:Issuer", b"saml:issuer"), (b"http", b"HTTP"), (b"xmlns:", b"xml:"),
         (b"LogoutRequest", b"LogoutResponse"))
    )  # fmt: skip
    return xml.replace(one, other)


OF_OCTETS: Mapping[str, Callable[[bytes, Random], bytes]] = {
    "insert": _insert, "flip": _flip, "truncate": _truncate, "swap": _swap,
}  # fmt: skip

CHANGES = (*OF_A_TREE, *OF_A_TREE, *OF_OCTETS)
WAYS = ("right",) * 8 + (
    "trailing", "cut", "url-safe", "lines", "unpadded", "bomb", "text", "zlib", "other binding",
)  # fmt: skip
