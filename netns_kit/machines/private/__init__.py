"""Private hosts: the keeper that makes them, the agents that live in them, and how commands reach those."""
