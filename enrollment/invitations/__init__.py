"""Invitations: a person is invited by e-mail to ask for an account, with what is approved beforehand.

`invitations` makes, finds and withdraws them, `invitees_file` reads a CSV file of many, `problems` has what is wrong
with people to invite, `commands` is `enrollment invitation`. The page of an invitation link is an applicant's
(`applicant/invitation.py`), that of the operator who invites is in the office (`office/invitations_page.py`).
"""
