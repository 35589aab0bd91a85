"""What one document of XML may hold (xml.py): a protocol message, and what is longer."""

from dataclasses import dataclass

AT_MOST = 131_072  # octets; a Response has 10,000, one application's metadata 20,000
DEEPEST = 64
MOST_ATTRIBUTES = 64  # of one element, namespaces not counted; libxml2 compares each with all the others
MOST_NAMESPACES = 128  # in scope at an element: canonicalization searches all of them there
OCTETS_A_NAMESPACE = 256  # a document may have one declaration for each 256 octets it may be long
OCTETS_A_NODE = 16  # likewise one element and one attribute for each 16 octets


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one document may hold. `attributes` and `namespaces` are of the whole; `in_scope`, at any one element.

    `instructions`: whether processing instructions may stand before and after its root.
    """

    octets: int
    elements: int
    attributes: int
    namespaces: int
    in_scope: int = MOST_NAMESPACES
    depth: int = DEEPEST
    instructions: bool = False
    each_element: int = MOST_ATTRIBUTES

    @classmethod
    def of_length(cls, octets: int) -> "Bounds":
        """A document that may be so long."""
        nodes = octets // OCTETS_A_NODE
        return cls(
            octets=octets,
            elements=nodes,
            attributes=nodes,
            namespaces=octets // OCTETS_A_NAMESPACE,
            instructions=True,
        )


MESSAGE = Bounds(octets=65_536, elements=256, attributes=512, namespaces=128, in_scope=32, depth=32)
"""A protocol message with its envelope: it has 5 to 50 elements. Whoever sends one has not been verified yet, so that
the most it may cost is a small multiple of what it usually costs (tests/attacks/endpoints/test_message_costs.py)."""
