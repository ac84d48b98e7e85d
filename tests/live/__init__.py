"""Tests on this machine's kernel, in private hosts of their own, as root and as an ordinary user."""
