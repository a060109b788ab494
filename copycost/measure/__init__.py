"""How one cell is measured: protocol, canary, page faults, facts about the machine."""
