"""Single sign-on: the session, the applications it has opened, and how it ends."""
