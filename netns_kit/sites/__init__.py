"""The little that a noun needs in order to run a command: a site, what records it, and what gathers it."""
