"""Exclusive XML Canonicalization 1.0 without comments, which we sign, and the other forms that senders may sign."""

from dataclasses import dataclass

from lxml import etree

from config.xml import detached_copy

_XML = "{http://www.w3.org/XML/1998/namespace}"


def canonical(element: etree._Element) -> bytes:
    """The canonical form of an element."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Canonicalization:
    """A canonicalization method: exclusive, with `prefixes` treated as inclusive, or inclusive."""

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
        """Give `copied` the `xml:` attributes that the inclusive form takes from the ancestors of `element`.

        Canonical XML 1.0, section 2.4: the nearest of each. The copy has the namespaces of `element` already.
        """
        if self.is_exclusive:
            return
        for ancestor in element.iterancestors():
            for name, value in ancestor.attrib.items():
                if name.startswith(_XML) and name not in copied.attrib:
                    copied.set(name, value)
