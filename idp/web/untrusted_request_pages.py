"""The page for a request that nobody can be answered for (`unverified.py`).

It says little, since anyone may stand before it; what the application's developer
needs is kept behind its reference (idp/web/fault_records.py).
"""

import logging

from flask import Response, request

from config.web.pages import FaultPage, render
from config.web.request_id import current_request_id
from idp.web.client_info import ClientInfo
from idp.web.fault_records import FaultRecord, FaultRecords
from idp.web.untrusted_request import UntrustedRequest


class UnverifiedPages:
    """Shows such a refusal. What was received is on the page in development only."""

    def __init__(self, faults: FaultRecords, *, shows_details: bool) -> None:
        self._faults = faults
        self._shows_details = shows_details

    def note(self, refused: UntrustedRequest, journal: logging.Logger) -> str:
        """Write the refusal down, and keep it for `idp fault` behind the reference that this gives."""
        journal.warning(
            "request refused",
            extra={
                "fault": str(refused.fault),
                "received": refused.received,
                "registered": refused.registered,
                "expected": refused.expected,
            },
        )
        reference = current_request_id() or ""
        self._faults.keep(
            reference,
            FaultRecord(
                fault=refused.fault,
                received=refused.received,
                registered=refused.registered,
                expected=refused.expected,
            ),
            address=ClientInfo.of(request).address,
        )
        return reference

    def show(self, refused: UntrustedRequest, journal: logging.Logger, *, words: str = "") -> Response:
        """A page of ours, never a redirect; with these words in place of the fault's own."""
        reference = self.note(refused, journal)
        return render(
            FaultPage(
                status=refused.status,
                code=refused.fault,
                words=words,
                reference=reference,
                back_url=refused.home_url or None,
                received=refused.received if self._shows_details else None,
                registered=refused.registered if self._shows_details else (),
                expected=refused.expected if self._shows_details else (),
            )
        )
