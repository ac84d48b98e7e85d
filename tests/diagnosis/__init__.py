"""Why A cannot reach B: what is thought of it, and a campaign of faults that are made, explained and cured."""
