"""Machines behind SSH, and private hosts on them: OpenSSH's own client, one connection shared by all commands."""
