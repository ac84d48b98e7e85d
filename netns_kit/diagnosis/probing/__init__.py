"""What is seen: a real packet is sent, and told of where it came by."""
