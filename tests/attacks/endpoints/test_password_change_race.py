"""Prevents: a session opened with the old password in the instant between a change's date and its commit."""

from datetime import timedelta

from config.audit.trail import AuditEntry
from idp.audit_kinds import IdpAuditKind
from idp.login.methods.password import PASSWORD
from idp.sessions.authentication import Authentication


def test_a_login_that_saw_the_old_password_does_not_outlive_the_change_though_dated_after_it(idp, jeanne):
    accounts, sessions = idp.services.accounts, idp.services.sessions
    before = accounts.by_username(jeanne.login)
    prepared = idp.services.passwords.prepare(before.account_id, "Verger-Calme-2047-Sud")
    with idp.services.database.transaction() as session:
        idp.services.passwords.keep(session, prepared, AuditEntry(kind=IdpAuditKind.PASSWORD_CHANGED))
    after = accounts.snapshot(before.account_id, fresh=True)
    verified_late = Authentication((PASSWORD.achieved(after.valid_from + timedelta(milliseconds=1)),))

    _, with_the_old = sessions.begin(
        before.account_id, verified_late, account_valid_from=before.valid_from, replacing=None
    )
    _, with_the_new = sessions.begin(
        before.account_id, verified_late, account_valid_from=after.valid_from, replacing=None
    )

    assert sessions.find(with_the_old) is None
    assert sessions.find(with_the_new) is not None
