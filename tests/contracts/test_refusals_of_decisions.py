"""Each refusal of the identity provider to provision a decision has words for operators at enrollment."""

import ast
import inspect

from enrollment.idp_refusals import IdpRefusal
from idp.accounts import acceptance, accepted_requests
from idp.accounts.errors import OperatorNotAllowed
from idp.api.problems import body_problem
from idp.api.provisionings import _CARDS, _CONFLICTS

NEVER_SAID = {"delivery.other-body"}
"""Of a fault in enrollment itself, which only a developer can mend."""


def codes_in(module) -> set[str]:
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]
    given = [word.value for call in calls for word in call.keywords if word.arg == "code"]
    return {value.value for value in given if isinstance(value, ast.Constant)}


def test_enrollment_knows_each_refusal():
    raised = codes_in(acceptance) | codes_in(accepted_requests)
    raised |= {OperatorNotAllowed("").code, body_problem([]).code, *(error.code for error in (*_CARDS, *_CONFLICTS))}
    assert len(raised) > 12
    assert raised - NEVER_SAID == set(IdpRefusal) - {IdpRefusal.OTHER}


def test_a_refusal_of_a_later_version_is_said_as_any_other():
    assert IdpRefusal.of("entitlement.not-before-noon") is IdpRefusal.OTHER
