"""The causes, one small function each. To add one: a function here, and the fault that the tests make of it."""

from importlib import import_module

_FILES = (
    "links bonds bridges translations neighbours gateways addresses routes forwarding firewall sizes tunnels xfrm"
    " sockets queues"
)
"""Of several causes at one step, that which stands first is named first."""

for _name in _FILES.split(" "):
    import_module(f"{__name__}.{_name}")
