"""The Enhanced Client or Proxy profile: a login by a program, without a page."""
