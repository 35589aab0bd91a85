"""The bounds of an XML document (xml.py): of a protocol message, and of a longer document."""

from dataclasses import dataclass

AT_MOST = 131_072  # octets; a Response has about 10,000, the metadata of an application about 20,000
DEEPEST = 64
MOST_ATTRIBUTES = 64  # of one element, without namespaces; libxml2 compares each with all the others
MOST_NAMESPACES = 128  # in scope at an element: canonicalization searches all of them there
OCTETS_A_NAMESPACE = 256  # a document may have one namespace declaration for each 256 octets of its largest length
OCTETS_A_NODE = 16  # and one element and one attribute for each 16 octets


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The bounds of a document. `each_element` bounds the attributes, and `in_scope` the namespaces, of one element.

    `instructions` allows processing instructions before and after the root.
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
        """The bounds of a document of at most this length."""
        nodes = octets // OCTETS_A_NODE
        return cls(
            octets=octets,
            elements=nodes,
            attributes=nodes,
            namespaces=octets // OCTETS_A_NAMESPACE,
            instructions=True,
        )


MESSAGE = Bounds(octets=65_536, elements=256, attributes=512, namespaces=128, in_scope=32, depth=32)
"""A protocol message with its envelope usually has 5 to 50 elements. Its sender is not verified yet, so the largest
message must cost only a small multiple of a usual one (tests/attacks/endpoints/test_message_costs.py)."""
