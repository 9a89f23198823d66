"""`python -m cordiale` is the same as the `cordiale` command."""

from cordiale.config.cli import main

main()
