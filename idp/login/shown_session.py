"""The session that a page of a login shows, which its form is about.

Another session may be opened between the page and its form: the form then counts for neither.
"""

import secrets

from config.redis.store import fingerprint
from idp.login.pending import PendingLogin
from idp.login.step import Step
from idp.sessions.session import ActiveSession


def session_shown(pending: PendingLogin, active_session: ActiveSession) -> str:
    """Identifies the session shown on a login's page, in the page's form: a digest that only this login has."""
    return fingerprint(f"{pending.identifier}|{active_session.session.sid}")[:32]


def posted_session(posted: str, step: Step) -> ActiveSession | None:
    """The browser's session, if a form was on a page that showed it. `posted` may be any text."""
    if step.active_session is None:
        return None
    shown = session_shown(step.pending, step.active_session)
    is_shown = secrets.compare_digest(posted.encode("utf-8", "surrogatepass"), shown.encode("ascii"))
    return step.active_session if is_shown else None
