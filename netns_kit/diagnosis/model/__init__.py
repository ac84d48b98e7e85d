"""What the kernel does with a packet, in thought: by the links, routes, rules and firewall that were read."""
