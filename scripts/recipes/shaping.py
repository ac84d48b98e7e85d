"""Shaping: a link as slow and as far as one wants, and what becomes of a ping and of a megabyte."""

import threading
import time

from netns_kit import Lab, Topology

with Lab() as lab:
    pc1, pc2 = lab.host("pc1"), lab.host("pc2")
    eth0, _ = lab.cable(pc1, pc2, addresses=("10.0.0.1/24", "10.0.0.2/24"))
    near = pc1.ping("10.0.0.2", count=3, interval=0.2).average or 0

    eth0.qdisc.add("netem", delay="50ms", rate="8mbit")  # one way: what pc1 sends
    print(Topology.of(lab))
    print(eth0.qdisc.show())
    far = pc1.ping("10.0.0.2", count=3, interval=0.2).average or 0
    assert far - near > 49  # milliseconds

    megabyte = bytes(1_000_000)
    with pc2.socket() as server, pc1.socket() as client:
        server.bind(("10.0.0.2", 8000))
        server.listen()
        client.connect(("10.0.0.2", 8000))
        there, _ = server.accept()
        started = time.monotonic()
        threading.Thread(target=client.sendall, args=(megabyte,)).start()
        received = 0
        while received < len(megabyte):
            received += len(there.recv(65536))
        seconds = time.monotonic() - started
        there.close()
    print(f"{8 / seconds:.1f} Mbit/s")
    assert 8 / seconds < 8.5
