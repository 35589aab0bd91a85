"""XML made to be costly, to fetch something, or to be read otherwise than it was written (config/xml.py).

What must hold: it is refused with a word, or read as what it is; nothing else is
raised, nothing is fetched, and what it costs is bounded by the bounds.
"""

import os
import random
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from config.xml import XmlFault, XmlRefused, inflate, read_message, read_xml
from config.xml_bounds import AT_MOST, DEEPEST, OCTETS_A_NODE
from idp.saml.bindings.redirect_signature import verify_query
from idp.saml.xmlsec.verification import SignatureRefused, verify_signature
from tests.builders.xml import SIGNED_KINDS, an_identity, signed

SOON = 5.0  # seconds of CPU, for anything at all; most takes milliseconds


def fault(octets: bytes, **bounds) -> XmlFault:
    before = time.thread_time()
    with pytest.raises(XmlRefused) as refused:
        read_xml(octets, **bounds)
    assert time.thread_time() - before < SOON
    assert str(refused.value) == refused.value.reason.value, "what was sent stays out of what is written down"
    assert refused.value.__cause__ is None
    return refused.value.reason


# -- document types and entities

LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
DOCTYPES = {
    "bare": b"<!DOCTYPE a><a/>",
    "after a comment": b"<?xml version='1.0'?><!-- --><!DOCTYPE a []><a/>",
    "internal": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "external file": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "external address": b'<!DOCTYPE a [<!ENTITY b SYSTEM "http://127.0.0.1:9/">]><a>&b;</a>',
    "external subset": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % b SYSTEM "file:///etc/passwd"> %b;]><a/>',
    "billion laughs": b'<!DOCTYPE a [<!ENTITY l0 "ha">' + LAUGHS + b"]><a>&l9;</a>",
    "quadratic blowup": b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 50_000 + b'">]><a>' + b"&b;" * 10_000 + b"</a>",
    "default attribute": b'<!DOCTYPE a [<!ATTLIST a ID CDATA "_1">]><a/>',
    "id attribute": b"<!DOCTYPE a [<!ATTLIST a x ID #IMPLIED>]><a x='_1'/>",
}


@pytest.mark.parametrize("document", DOCTYPES.values(), ids=DOCTYPES.keys())
def test_a_document_type_is_refused_whatever_it_declares(document):
    assert fault(document) is XmlFault.DOCTYPE


@pytest.mark.parametrize("entity", [b"&b;", b"&#x110000;", b"&#0;", b"&#xD800;", b"&amp", b"&;"])
def test_entities_that_are_not_xmls_own_are_refused(entity):
    assert fault(b"<a>" + entity + b"</a>") is XmlFault.MALFORMED
    assert fault(b'<a b="' + entity + b'"/>') is XmlFault.MALFORMED


def test_xmls_own_entities_are_read():
    assert read_xml(b"<a>&lt;&amp;&#233;&#x2019;</a>").text == "<&é’"


def test_an_inclusion_is_not_made():
    xinclude = b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd" parse="text"/></a>'
    assert "root" not in "".join(read_xml(xinclude).itertext())


# -- encodings


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig+utf-16"])
def test_other_encodings_are_refused(encoding):
    octets = "<?xml version='1.0'?><a>é</a>".encode(encoding.rpartition("+")[2])
    assert fault(octets) in (XmlFault.NOT_UTF8, XmlFault.MALFORMED)


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-7", "ISO-8859-1", "IBM037", "ISO-10646-UCS-4", "x"])
def test_a_declaration_of_another_encoding_is_refused(encoding):
    """What one reader decodes as it says, and another as UTF-8, was signed once and is read twice."""
    assert fault(f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode()) is XmlFault.NOT_UTF8


def test_a_document_type_hidden_in_utf_7_stays_text():
    assert read_xml(b"<a>+ADwAIQ-DOCTYPE+AD4-</a>").text == "+ADwAIQ-DOCTYPE+AD4-"


@pytest.mark.parametrize("octets", [b"\xff", b"\xc0\xbc", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"])
def test_octets_that_are_not_utf_8_are_refused(octets):
    assert fault(b"<a>" + octets + b"</a>") is XmlFault.NOT_UTF8


def test_utf_8_is_read_with_its_mark_and_declaration_or_without():
    text = "<a>Lefèvre</a>"
    for prefix in ("", "\ufeff", '<?xml version="1.0" encoding="UTF-8"?>', "<?xml version='1.0' encoding='utf-8'?>\n"):
        assert read_xml((prefix + text).encode()).text == "Lefèvre"


def test_xml_1_1_is_refused():
    assert fault(b'<?xml version="1.1"?><a/>') is XmlFault.MALFORMED


# -- size, depth and number


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"<a>" + b"b" * AT_MOST + b"</a>", XmlFault.TOO_LARGE),
        (b"<a>" * 8_000 + b"</a>" * 8_000, XmlFault.TOO_DEEP),
        (b"<a>" * 16_000, XmlFault.TOO_DEEP),
        (b"<a>" + b"<b/>" * 30_000 + b"</a>", XmlFault.TOO_MANY_NODES),
        (b"<a " + b" ".join(b"b%d=''" % n for n in range(12_000)) + b"/>", XmlFault.TOO_MANY_NODES),
        (b"<a " + b" ".join(b"xmlns:n%d='u'" % n for n in range(8_200)) + b"/>", XmlFault.TOO_MANY_NODES),
    ],
    ids=["long", "deep", "unclosed", "elements", "attributes", "namespaces"],
)
def test_bounds_are_kept(document, reason):
    assert fault(document) is reason


def test_a_million_attributes_are_refused_though_the_file_may_be_long():
    """As for metadata, which may be longer than a message."""
    document = b"<a " + b" ".join(b"b%d=''" % n for n in range(1_000_000)) + b"/>"
    assert fault(document, at_most=15_000_000) is XmlFault.TOO_MANY_NODES


def test_what_is_just_within_the_bounds_is_read():
    assert len(read_xml(b"<a>" + b"<b/>" * (AT_MOST // OCTETS_A_NODE - 1) + b"</a>")) == AT_MOST // OCTETS_A_NODE - 1
    assert read_xml(b"<a>" * DEEPEST + b"</a>" * DEEPEST).tag == "a"


@pytest.mark.parametrize(
    "document",
    [
        b"", b" ", b"<", b"<a", b"<a>", b"</a>", b"<a></b>", b"<a/><b/>", b"text", b"<a/>text", b"\x00", b"<a>\x00</a>",
        b"<a>\x0b</a>", b"<a b=1/>", b"<a b='' b=''/>", b"<x:a/>", b"<a x:b=''/>", b"<a xmlns:x=''/>", b"<1/>",
        b"<a b='<'/>",        b"<a xmlns:x='u' xmlns:y='u' x:b='' y:b=''/>", b"<a>]]></a>",
        b"<a><![CDATA[</a>", b"<a><!-- -- --></a>",
        b" <?xml version='1.0'?><a/>", b"<?xml version='1.0'?><?xml version='1.0'?><a/>",
    ],
)  # fmt: skip
def test_what_is_not_well_formed_is_refused(document):
    assert fault(document) in (XmlFault.MALFORMED, XmlFault.PROCESSING_INSTRUCTION)


@pytest.mark.parametrize("document", [b"<a><?php echo 1?></a>", b"<a><b/><?x?></a>", b"<?x?><a>b<?x?>c</a>"])
def test_a_processing_instruction_within_a_document_is_refused(document):
    """It would cut a text in two, and it is signed while what reads the tree does not see it."""
    assert fault(document) is XmlFault.PROCESSING_INSTRUCTION


@pytest.mark.parametrize(
    "document",
    [
        b'<?xml version="1.0"?>\n<?xml-stylesheet type="text/xsl" href="mdss.xsl"?>\n<a/>',
        b"<!-- of today --><?x y?><!-- and --><a/>",
        b"<a/><?x?><!-- end -->",
    ],
)
def test_before_and_after_the_root_instructions_and_comments_are_passed_over_but_in_a_message(document):
    root = read_xml(document)
    assert root.tag == "a"
    assert (root.getprevious(), root.getnext()) == (None, None)
    with pytest.raises(XmlRefused) as refused:
        read_message(document)
    assert refused.value.reason is XmlFault.PROCESSING_INSTRUCTION


def test_comments_and_cdata_leave_one_text_behind():
    root = read_xml(b"<!-- a --><a>adm<!-- b -->in<![CDATA[<&]]><!---->.example<b/>after<!-- c -->wards</a><!-- d -->")
    assert (root.text, root[0].tail) == ("admin<&.example", "afterwards")
    assert [each.tag for each in root.iter()] == ["a", "b"]


# -- compressed


def deflated(octets: bytes, level: int = 9) -> bytes:
    deflater = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(octets) + deflater.flush()


def inflation_fault(octets: bytes, at_most: int = AT_MOST) -> XmlFault:
    with pytest.raises(XmlRefused) as refused:
        inflate(octets, at_most=at_most)
    return refused.value.reason


def test_what_was_deflated_comes_back_up_to_the_bound_and_not_beyond():
    assert inflate(deflated(b"a" * AT_MOST)) == b"a" * AT_MOST
    assert inflation_fault(deflated(b"a" * (AT_MOST + 1))) is XmlFault.TOO_LARGE
    assert inflate(deflated(b"")) == b""


@pytest.mark.parametrize(
    "octets",
    [b"", b"\x00", deflated(b"abc" * 100)[:-1], deflated(b"abc") + b"\x00", deflated(b"a") * 2, zlib.compress(b"abc"),
     b"\xff" * 20, b"<a/>"],
)  # fmt: skip
def test_what_is_not_one_whole_deflate_stream_is_refused(octets):
    assert inflation_fault(octets) is XmlFault.COMPRESSION


def test_a_stream_of_empty_blocks_ends_soon():
    before = time.thread_time()
    assert inflation_fault(b"\x00\x00\x00\xff\xff" * 20_000) is XmlFault.COMPRESSION
    assert time.thread_time() - before < SOON


# -- memory, in a process of its own that does nothing else

MEASURED = """
import secrets, sys, zlib
from pathlib import Path
from config.xml import XmlRefused, inflate, read_xml

def peak():  # not getrusage's, which begins with what the process that started this one had
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

def refused(call, *arguments):
    try:
        call(*arguments)
    except XmlRefused:
        return
    sys.exit("was accepted")

{prepare}
read_xml(b"<a b='c'>d</a>")
inflate(b"\\x03\\x00")
Path("/proc/self/clear_refs").write_text("5")  # proc(5): the peak begins anew
before = peak()
{attack}
print(peak() - before)
"""
BOMB = """
deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
bomb = b"".join([deflater.compress(bytes(1_000_000)) for _ in range(140)]) + deflater.flush()
assert 130_000 < len(bomb) < 140_000
"""


def kilobytes_of(attack: str, *, prepare: str = "") -> int:
    program = MEASURED.format(prepare=prepare, attack=attack)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-"], input=program, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_a_deflate_bomb_costs_what_the_bound_allows():
    """136 kB that would become 140 MB."""
    assert kilobytes_of("for _ in range(20): refused(inflate, bomb)", prepare=BOMB) < 5_000


def test_no_refused_document_costs_more_than_its_bound():
    documents = [*DOCTYPES.values(), b"<a>" * 30_000, b"<a>" + b"<b/>" * 30_000 + b"</a>"]
    attack = f"for document in {documents!r}:\n    for _ in range(20): refused(read_xml, document)"
    assert kilobytes_of(attack) < 5_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "document",
    [
        """elements(15, lambda: b" ".join(b"n%s=''" % new() for _ in range(60)))""",
        """b"<a>" + b"".join(b"<n%s/>" % new() for _ in range(900)) + b"</a>\"""",
        """elements(5, lambda: b" ".join(b"xmlns:n%d='%s'" % (n, new()) for n in range(100)))""",
        """b"<a>" + b"<b/>".join(blanks() for _ in range(900)) + b"<b/></a>\"""",
    ],
    ids=["attributes", "elements", "namespaces", "blanks"],
)
def test_documents_of_ever_new_names_do_not_fill_the_dictionary_of_libxml2(document):
    """It keeps each name while the thread lives: 600 such documents would cost 15 MB or more, after a first few."""
    prepare = f"""
def new(): return secrets.token_hex(25).encode()
def elements(times, said): return b"<a>" + b"".join(b"<b %s/>" % said() for _ in range(times)) + b"</a>"
def blanks(): return bytes(b" \\n"[octet % 2] for octet in secrets.token_bytes(55))
def read(documents):
    for _ in range(documents): read_xml({document})
read(300)  # until the allocator has what it needs
"""
    assert kilobytes_of("read(600)", prepare=prepare) < 10_000


def test_what_is_read_apart_can_be_worked_with(monkeypatch):
    """Its names are another dictionary's: elements move between documents all the same."""
    monkeypatch.setattr("config.xml._kept_names._room", 0)
    one, other = (
        read_xml(f"<r{n} xmlns:p='u:{n}'><p:e{n} a{n}=''>t{n}</p:e{n}></r{n}>".encode()) for n in (9001, 9002)
    )
    one.append(other[0])
    del other
    for n in range(9003, 9103):
        read_xml(f"<r{n}/>".encode())
    assert [each.tag for each in one.iter()] == ["r9001", "{u:9001}e9001", "{u:9002}e9002"]
    assert [each.text for each in one] == ["t9001", "t9002"]
    assert read_xml(etree.tostring(one)).find("{u:9002}e9002").attrib == {"a9002": ""}


# -- anything

SEEDS = [signed(kind) for kind in SIGNED_KINDS]
CERTIFICATE = an_identity().certificate


@pytest.mark.parametrize("kind", SIGNED_KINDS)
@pytest.mark.parametrize("namespace", ["a", "a/b", "//a"])
def test_a_relative_namespace_has_no_canonical_form(kind, namespace):
    """Canonical XML 1.0, section 1.3: an implementation must report it as an error."""
    octets = signed(kind).replace(b"<ds:SignedInfo", f'<ds:SignedInfo xmlns:p="{namespace}" p:x=""'.encode(), 1)
    root = read_xml(octets)
    with pytest.raises(SignatureRefused):
        verify_signature(root, root, [CERTIFICATE])


@given(st.one_of(st.binary(), st.text().map(str.encode), st.sampled_from(SEEDS)), st.randoms(use_true_random=False))
@example(b"<a xmlns:b='" + b"&#x20;" * 100 + b"'/>", random.Random(1))  # noqa: S311
def test_no_octets_raise_anything_else(octets, chance):
    """From the socket to the signature: only what is declared."""
    octets = mutated(octets, chance)
    try:
        root = read_xml(octets)
        for element in root.iter():
            assert isinstance(element.tag, str)
            with pytest.raises(SignatureRefused):
                verify_signature(root, element, [])
            verify_signature(root, element, [CERTIFICATE])
    except (XmlRefused, SignatureRefused):
        return


@given(st.binary(max_size=3000))
def test_no_compressed_octets_raise_anything_else(octets):
    try:
        assert len(inflate(octets, at_most=5_000)) <= 5_000
    except XmlRefused:
        return


PIECES = [
    "SAMLRequest=", "SAMLResponse=", "RelayState=", "SigAlg=", "Signature=", "&", "%", "=", "é", "%2", "+", "AAAA",
    "%ff", "http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256",
]  # fmt: skip


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=20).map("".join)))
def test_no_query_raises_anything_else(query):
    with pytest.raises(SignatureRefused):
        verify_query(query, [CERTIFICATE])


def mutated(octets: bytes, chance: random.Random) -> bytes:
    """A few octets taken away, doubled, or put in from elsewhere in it."""
    changed = bytearray(octets)
    for _ in range(chance.randint(0, 4)):
        if not changed:
            break
        at, other = (chance.randrange(len(changed)) for _ in range(2))
        length = chance.randint(1, 40)
        changed[at : at + chance.choice([0, 1, length])] = changed[other : other + length]
    return bytes(changed)
