"""XML canonicalization: the exclusive form without comments, which we sign, and the other forms that we accept."""

from dataclasses import dataclass

from lxml import etree

from config.xml import detached_copy

_XML = "{http://www.w3.org/XML/1998/namespace}"


def canonical(element: etree._Element) -> bytes:
    """The exclusive canonical form of an element: Exclusive XML Canonicalization 1.0."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Canonicalization:
    """A canonicalization method: inclusive, or exclusive with the InclusiveNamespaces `prefixes`."""

    is_exclusive: bool
    prefixes: tuple[str, ...] = ()

    def of(self, element: etree._Element) -> bytes:
        """The canonical form of an element within its document."""
        if self.is_exclusive and not self.prefixes:
            return canonical(element)
        copy = detached_copy(element)
        self.inherit(copy, element)
        return etree.tostring(
            copy,
            method="c14n",
            exclusive=self.is_exclusive,
            with_comments=False,
            inclusive_ns_prefixes=self.prefixes if self.is_exclusive else None,
        )

    def inherit(self, copied: etree._Element, element: etree._Element) -> None:
        """Add to `copied` the `xml:` attributes that the inclusive form takes from the ancestors of `element`.

        The nearest of each counts: Canonical XML 1.0, section 2.4. The copy already has the namespaces of `element`.
        """
        if self.is_exclusive:
            return
        for ancestor in element.iterancestors():
            for name, value in ancestor.attrib.items():
                if name.startswith(_XML) and name not in copied.attrib:
                    copied.set(name, value)
