"""The way that a packet would take: its hops, the segments between, and what it meets."""
