"""Python from shell, and from networks."""
