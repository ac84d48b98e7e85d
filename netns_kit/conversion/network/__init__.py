"""From the network that is there to the calls that build it again."""
