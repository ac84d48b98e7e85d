"""The ground: what is said, and what came of it."""
