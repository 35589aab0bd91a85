"""`python -m enrollment` is the `enrollment` command."""

from enrollment.commands import main

main()
