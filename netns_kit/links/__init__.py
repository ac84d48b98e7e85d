"""Links: what all kinds share, then one file a kind."""
