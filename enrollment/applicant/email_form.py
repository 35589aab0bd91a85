"""The form of an e-mail address alone: where it is corrected, and where a link is asked for."""

from dataclasses import dataclass

from config.mail_addresses import is_address
from config.web.forms import FormProblems, Problems, form_field, read_form
from enrollment.applicant.person_fields import FieldFault


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailForm:
    """The form of an address."""

    email: str = form_field(longest=254, error_prefix="email")


def read_email() -> tuple[str, Problems]:
    """The posted address, to be shown again when there are problems, and what is wrong with it."""
    form = read_form(EmailForm)
    if isinstance(form, FormProblems):
        return form.kept.get("email", ""), form.listed()
    return form.email, () if is_address(form.email) else (("email", FieldFault.EMAIL),)
