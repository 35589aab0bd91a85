"""Parses XML and compressed XML from strangers: bounded in size, depth and memory, without DTD or entities.

Only well-formed XML 1.0 in UTF-8 is accepted. A DOCTYPE is refused, and so is every entity. Processing instructions
inside the root are refused. Comments are removed, so that none can split a text
(`<NameID>admin<!---->.example</NameID>` is one text). Before and after the root of a document, but not of a message,
processing instructions (`<?xml-stylesheet?>`) are ignored.

expat scans a document before lxml parses it, to apply the bounds, and to limit memory: libxml2 stores every name in a
dictionary of the thread, which lxml never empties, so that documents with ever new names would fill the memory of a
worker. The names are counted here. Once there are too many, a document with new names is parsed in a thread of its own,
whose dictionary is freed with it.
"""

import re
import threading
import zlib
from enum import StrEnum
from xml.parsers import expat

from lxml import etree

from config.xml_bounds import AT_MOST, MESSAGE, OCTETS_A_NAMESPACE, Bounds

NAMES_KEPT = 262_144  # octets of all names that the dictionary of a thread may contain

_DOCTYPE = b"<!DOCTYPE"
_IS_WHOLE = True  # expat is given a document at once
_LONG_BLANKS = re.compile(rb">([ \t\r\n]{16,59})(?=<)")  # libxml2 stores these in its dictionary too


class XmlFault(StrEnum):
    """The reason why XML is refused, for the journal."""

    TOO_LARGE = "too-large"
    TOO_DEEP = "too-deep"
    TOO_MANY_NODES = "too-many-nodes"
    NOT_UTF8 = "not-utf8"
    DOCTYPE = "doctype"
    PROCESSING_INSTRUCTION = "processing-instruction"
    MALFORMED = "malformed"
    COMPRESSION = "compression"


class XmlRefused(Exception):
    """The XML is refused. The text of the exception is the reason, and repeats no input.

    `place` is the parser's message for malformed XML, with line and column.
    """

    def __init__(self, reason: XmlFault, place: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.place = place


def inflate(octets: bytes, *, at_most: int = AT_MOST) -> bytes:
    """Decompress raw DEFLATE (RFC 1951), producing at most `at_most` octets.

    Raises:
        XmlRefused: the result is longer, or `octets` are truncated, not DEFLATE, or followed by others.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = inflater.decompress(octets, at_most + 1)
    except zlib.error:
        raise XmlRefused(XmlFault.COMPRESSION) from None
    if len(inflated) > at_most:
        raise XmlRefused(XmlFault.TOO_LARGE)
    if not inflater.eof or inflater.unused_data:
        raise XmlRefused(XmlFault.COMPRESSION)
    return inflated


def read_message(octets: bytes) -> etree._Element:
    """Parse a protocol message, within the bounds of a message; return its root without comments.

    Raises:
        XmlRefused: it is not acceptable XML, or exceeds a bound.
    """
    return _read(octets, MESSAGE)


def read_xml(octets: bytes, *, at_most: int = AT_MOST) -> etree._Element:
    """Parse a document, such as metadata or one that we made; return its root without comments.

    Raises:
        XmlRefused: it is not acceptable XML, or exceeds a bound.
    """
    return _read(octets, Bounds.of_length(at_most))


def _read(octets: bytes, bounds: Bounds) -> etree._Element:
    if len(octets) > bounds.octets:
        raise XmlRefused(XmlFault.TOO_LARGE)
    _require_utf8(octets)
    if _DOCTYPE in octets:
        raise XmlRefused(XmlFault.DOCTYPE)
    # A rough check before expat, which reads each tag completely. Texts contain some of these characters too.
    most = {b"<": bounds.elements, b"=": bounds.attributes, b"xmlns": bounds.namespaces}
    if any(octets.count(mark) > 4 * times for mark, times in most.items()):
        raise XmlRefused(XmlFault.TOO_MANY_NODES)
    scan = _Scan(bounds)
    scan.read(octets)
    scan.names.update(blanks.decode() for blanks in _LONG_BLANKS.findall(octets))
    return _parse(octets) if _kept_names.has_room_for(scan.names) else _parse_in_a_thread(octets)


def detached_copy(element: etree._Element) -> etree._Element:
    """A copy of the element as the root of its own document. The element was bounded when it was parsed."""
    octets = etree.tostring(element, encoding="utf-8", with_tail=False, xml_declaration=False)
    return _read(octets, Bounds.of_length(len(octets) * OCTETS_A_NAMESPACE))


class _Scan:
    """Scans a document by expat without storing it: applies the bounds, and collects its names."""

    def __init__(self, bounds: Bounds) -> None:
        self.names: set[str] = set()
        self._bounds = bounds
        self._elements = bounds.elements
        self._attributes = bounds.attributes
        self._namespaces = bounds.namespaces
        self._declared: list[int] = []  # the number of namespaces declared at each open element
        self._in_scope = 0
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.ordered_attributes = True
        parser.XmlDeclHandler = self._declares
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._opens
        parser.EndElementHandler = self._closes

    def read(self, octets: bytes) -> None:
        """Scan the document, once."""
        try:
            self._parser.Parse(octets, _IS_WHOLE)
        except expat.ExpatError as wrong:  # its text is a fixed message with line and column
            raise XmlRefused(XmlFault.MALFORMED, str(wrong)) from None

    def _declares(self, version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            raise XmlRefused(XmlFault.NOT_UTF8)
        if version != "1.0":
            raise XmlRefused(XmlFault.MALFORMED)

    def _doctype(self, *_: object) -> None:
        raise XmlRefused(XmlFault.DOCTYPE)

    def _instruction(self, *_: object) -> None:
        if self._declared or not self._bounds.instructions:
            raise XmlRefused(XmlFault.PROCESSING_INSTRUCTION)

    def _opens(self, name: str, attributes: list[str]) -> None:
        declared = 0
        self.names.add(name)
        for at in range(0, len(attributes), 2):
            attribute = attributes[at]
            self.names.add(attribute)
            if attribute.startswith("xmlns"):
                self.names.add(attributes[at + 1])
                declared += 1
        others = len(attributes) // 2 - declared
        self._declared.append(declared)
        self._in_scope += declared
        self._namespaces -= declared
        self._attributes -= others
        self._elements -= 1
        if len(self._declared) > self._bounds.depth:
            raise XmlRefused(XmlFault.TOO_DEEP)
        if min(self._elements, self._attributes, self._namespaces) < 0:
            raise XmlRefused(XmlFault.TOO_MANY_NODES)
        if others > self._bounds.each_element or self._in_scope > self._bounds.in_scope:
            raise XmlRefused(XmlFault.TOO_MANY_NODES)

    def _closes(self, _name: str) -> None:
        self._in_scope -= self._declared.pop()


class _KeptNames:
    """The names that this process has admitted to the dictionaries of its threads."""

    def __init__(self, octets: int) -> None:
        self._names: set[str] = set()
        self._room = octets
        self._lock = threading.Lock()

    def has_room_for(self, names: set[str]) -> bool:
        """Admit all of `names`, if there is room for them; return whether they are admitted."""
        if names <= self._names:
            return True
        with self._lock:
            added = names - self._names
            octets = sum(len(name.encode()) for name in added)
            if octets > self._room:
                return False
            self._room -= octets
            self._names |= added
            return True


_kept_names = _KeptNames(NAMES_KEPT)


def _require_utf8(octets: bytes) -> None:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        raise XmlRefused(XmlFault.NOT_UTF8) from None


def _parse(octets: bytes) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        remove_comments=True, remove_pis=True, strip_cdata=True, huge_tree=False, collect_ids=False,
    )  # fmt: skip
    try:
        return etree.fromstring(octets, parser)
    except etree.XMLSyntaxError:  # well-formed for expat, so a prefix has no namespace
        raise XmlRefused(XmlFault.MALFORMED) from None


def _parse_in_a_thread(octets: bytes) -> etree._Element:
    """Parse in a thread of its own, whose dictionary of names is freed with the document."""
    roots: list[etree._Element] = []

    def parse() -> None:
        try:
            roots.append(_parse(octets))
        except XmlRefused:
            return

    thread = threading.Thread(target=parse, name="xml")
    thread.start()
    thread.join()
    if not roots:
        raise XmlRefused(XmlFault.MALFORMED)
    return roots[0]
