"""How a command reaches a machine: directly, through an agent, over SSH, or not at all."""
