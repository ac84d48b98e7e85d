"""Commands and calls made from what is known of a network, to be read, run and shared."""
