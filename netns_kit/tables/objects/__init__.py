"""The rarer objects of `ip`, one file each."""
