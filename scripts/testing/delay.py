"""Runs a command, and lets what is said to it and what it answers arrive later: delay.py SECONDS COMMAND …"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time


def relay(source: int, sink: int, seconds: float) -> None:
    """Pass on what comes, each piece so many seconds after it came, until the source ends."""
    pieces: queue.Queue[tuple[float, bytes]] = queue.Queue()

    def deliver() -> None:
        piece = b"the first"
        while piece:
            due, piece = pieces.get()
            time.sleep(max(0.0, due - time.monotonic()))
            while piece and (written := os.write(sink, piece)) < len(piece):
                piece = piece[written:]
        os.close(sink)

    threading.Thread(target=deliver).start()
    piece = b"the first"
    while piece:
        piece = os.read(source, 1 << 16)
        pieces.put((time.monotonic() + seconds, piece))


def main(seconds: str, *argv: str) -> int:
    """Be a way to somewhere far away."""
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    for source, sink in ((0, os.dup(process.stdin.fileno())), (process.stdout.fileno(), 1)):
        threading.Thread(target=relay, args=(source, sink, float(seconds))).start()
    process.stdin.close()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
