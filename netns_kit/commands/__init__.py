"""The ground: commands, how they reach a machine, and what came of them."""
