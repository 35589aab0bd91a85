"""Form-encoded parameters, as queries and bodies have them (RFC 6749 appendix B)."""

from urllib.parse import parse_qsl


class RepeatedParameter(ValueError):
    """A parameter is there twice."""


def parse_parameters(text: str, *, most: int) -> dict[str, str]:
    """RFC 6749 sections 3.1 and 3.2: no parameter twice; an empty one counts as left out.

    Raises:
        ValueError: the text is not UTF-8, or has more than `most` parameters.
        RepeatedParameter
    """
    pairs = parse_qsl(text, max_num_fields=most, errors="strict")
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise RepeatedParameter
    return parameters
