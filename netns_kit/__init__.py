"""Linux network namespaces and virtual links from Python, one call for one command.

`__init__.pyi` lists the public names. Each is loaded when it is first asked for, so that nobody waits for the rest.
"""

import re
from importlib import import_module

_LIST = __spec__.loader.get_data(f"{__path__[0]}/__init__.pyi").decode()
_HOMES = {name: home for home, name in re.findall(r"^from (\S+) import (\w+) as \w+$", _LIST, re.MULTILINE)}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return found


def __dir__():
    return [*__all__, "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell):
    """What `%load_ext netns_kit` calls."""
    from netns_kit.diagnosis import asking
    from netns_kit.views import failures, notebook

    asking.load(shell)
    notebook.load(shell)
    failures.load(shell)


def unload_ipython_extension(shell):
    """What `%unload_ext netns_kit` calls."""
    from netns_kit.views import failures

    failures.unload(shell)
    shell.run_line_magic("netns", "pictures off")
    for magics in shell.magics_manager.magics.values():
        for name in ("netns", "explain"):
            magics.pop(name, None)
