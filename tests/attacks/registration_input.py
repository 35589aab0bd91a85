"""What becomes of a registration that a stranger wrote: it is accepted, or its problems are listed."""

from hypothesis import strategies as st

from relying_parties.problems import RegistrationProblems
from relying_parties.registration.registration import Registration
from tests.builders.registry import some_capabilities


def judged(read, received, **options):
    """The registration, or the problems; anything else fails the test."""
    try:
        return read(received, some_capabilities(), **options)
    except RegistrationProblems as refused:
        for problem in refused.problems:
            assert str(problem).isprintable()
            assert len(str(problem)) < 2000
        return refused.problems


def refused_fields(read, received, **options):
    problems = judged(read, received, **options)
    assert not isinstance(problems, Registration), "was accepted"
    return {problem.field for problem in problems}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=8), inside, max_size=4),
    max_leaves=8,
)
