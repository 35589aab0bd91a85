"""`python -m card_bridge.workstation` is the `card-bridge` command."""

from card_bridge.workstation.commands import main

main(prog_name="card-bridge")
