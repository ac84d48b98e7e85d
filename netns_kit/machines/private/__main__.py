"""Where the keeper begins, in a bare Python that knows neither this package nor any other."""

import sys

if __name__ == "__main__":
    sys.path[:] = [*sys.path[1:], __file__.rpartition("/netns_kit/")[0]]

    from netns_kit.machines.private.keeper import main

    main(*sys.argv[1:])
