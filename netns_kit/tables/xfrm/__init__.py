"""IPsec in the kernel: `ip xfrm`, which says how to encrypt, and what."""
