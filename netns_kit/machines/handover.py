"""Makes a socket where it is run, and hands it over to whoever holds the other end of its input. Stdlib only."""

import socket
import sys

if __name__ == "__main__":
    family, kind, protocol = (int(word) for word in sys.argv[1:])
    try:
        made = socket.socket(family, kind, protocol)
    except OSError as error:
        sys.exit(f"socket: {error.strerror}")
    with socket.socket(fileno=0) as channel:
        socket.send_fds(channel, [b"socket"], [made.fileno()])
