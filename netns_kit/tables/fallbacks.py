"""The links that nobody made."""

FALLBACKS = ("tunl0", "gre0", "gretap0", "erspan0", "sit0", "ip_vti0", "ip6tnl0", "ip6gre0", "ip6_vti0")
"""The links that the kernel makes by itself when a tunnel's module is loaded, for packets that no tunnel takes."""
