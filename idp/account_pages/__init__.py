"""The pages of an account: home, session and password."""
