"""CSV files for spreadsheets: a text that a person has typed never becomes a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Final

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet computes a field that begins with one of these (OWASP, CSV Injection)."""
BYTE_ORDER_MARK: Final = "\ufeff"
"""First in a file, it tells a spreadsheet that the text is UTF-8."""


def as_text(field: str) -> str:
    """The field with an apostrophe before it when a spreadsheet would compute it."""
    return f"'{field}" if field.startswith(FORMULA_STARTS) else field


def csv_line(fields: Iterable[str]) -> str:
    """One line, with its end, separated by semicolons as French spreadsheets expect."""
    line = io.StringIO()
    csv.writer(line, delimiter=";").writerow([as_text(field) for field in fields])
    return line.getvalue()
