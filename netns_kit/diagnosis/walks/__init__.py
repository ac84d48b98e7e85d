"""The way of a packet, seen: a probe is sent, watched on all links, and shown as text, as a drawing and to play."""
