"""Every problem that a form can have is said in a sentence: a code without one would be a fault of the page."""

import dataclasses
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import enrollment
import idp
from config.web.wording import SHELL
from enrollment.messages import SENTENCES as ENROLLMENT
from idp.messages import SENTENCES as IDP


def forms_of(package: ModuleType) -> Iterator[type]:
    """The dataclasses of a package whose fields are declared by `form_field`."""
    folder = Path(package.__path__[0])
    for file in folder.rglob("*.py"):
        if "form_field(" not in file.read_text(encoding="utf-8"):
            continue
        name = ".".join((package.__name__, *file.relative_to(folder).with_suffix("").parts))
        yield from (value for value in vars(importlib.import_module(name)).values() if is_form(value, name))


def is_form(value: object, module: str) -> bool:
    is_own = isinstance(value, type) and value.__module__ == module and dataclasses.is_dataclass(value)
    return is_own and all("error_prefix" in each.metadata for each in dataclasses.fields(value))


def codes_of(package: ModuleType) -> set[str]:
    """The codes of what can be wrong with a field of a form of this package."""
    codes = set()
    for form in forms_of(package):
        for declared in dataclasses.fields(form):
            prefix = declared.metadata["error_prefix"]
            codes |= (
                {f"{prefix}.too-long"} if declared.metadata["optional"] else {f"{prefix}.too-long", f"{prefix}.missing"}
            )
    return codes


@pytest.mark.parametrize(("package", "sentences"), [(enrollment, ENROLLMENT), (idp, IDP)], ids=["enrollment", "idp"])
def test_every_problem_of_every_form_has_its_sentence(package, sentences):
    said = {**SHELL.sentences, **sentences}
    codes = codes_of(package)
    assert codes, "no form was found"
    assert codes - set(said) == set()
