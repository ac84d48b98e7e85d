"""Why one place cannot reach another: what is looked at, what is seen on the way, causes and cures."""
