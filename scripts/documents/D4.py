"""D4: what a namespace is: a file, under which another network than the host's is mounted.

/var/run/netns/ns1     ← ip netns add ns1
/var/run/netns/ns2     ← touch, unshare, mount --bind /proc/self/ns/net
/var/run/netns/ns100   → /proc/PID/ns/net, the network of a process, such as a container's
"""

import os
import time

from netns_kit import Namespace
from scripts.replaying.words import LeftOut, aside, check, docker, machine, names, picture, table

host = machine()


def listed() -> set[str]:
    """The names of the namespaces. Equivalent to: `ip netns list`"""
    return {netns.name for netns in host.netns.list()}


# %% [markdown]
# What a namespace has: links and routes of its own. Whatever is done inside, outside nothing changes.

# %% D4.1 create, list, look inside
usage = host.exec("ip", "help", check=False)  # ip help
check("ip has netns", "netns" in str(usage))
check("and that has add", "ip netns add NAME" in str(host.netns.help()))  # ip netns help
ns1 = Namespace("ns1").add()  # ip netns add ns1
check("ns1 is listed", "ns1" in listed())  # ip netns list
links = host.link.show()  # ip link
host.route.show()  # ip route
inside = ns1.link.show()  # ip netns exec ns1 ip link
check("ns1 has a card of its own only, lo, which is down", names(inside) == ["lo"] and not inside[0].up)
check("and no routes", ns1.route.show() == ())  # ip netns exec ns1 ip route
with ns1.enter():  # ip netns exec ns1 bash
    check("typed inside, the same", ns1.link.show() == inside)  # ip link
    check("and no routes", ns1.route.show() == ())  # ip route
    # exit
check("the host has what it had", host.link.show() == links)  # ip link
table(links)
picture(host)

# %% [markdown]
# `ip netns add` does little: it makes an empty file in `/var/run/netns`, and mounts a new network over it.
# The mount keeps the network, with nobody in it. All that can be done by hand.

# %% D4.2 what 'ip netns add' does, by hand
with aside("given: a first namespace, so that the folder is there"):
    first = Namespace("ns1")
    _ = first if first.exists() else first.add()
check("a file for each", "ns1" in host.exec("ls", "/var/run/netns").stdout.split())  # ls /var/run/netns
host.exec("touch", "/var/run/netns/ns2")  # touch /var/run/netns/ns2
with host.session("unshare", "--net", "bash") as shell:  # unshare --net bash
    shell.exec("mount", "--bind", "/proc/self/ns/net", "/var/run/netns/ns2")  # mount --bind …
    check("a network with only lo", names(shell.link.show()) == ["lo"])  # ip link
    # exit
check("ns2 is listed, although nobody added it", "ns2" in listed())  # ip netns list
with host.session("nsenter", "--net=/var/run/netns/ns2") as shell, aside("a look inside"):  # nsenter --net=…
    check("and can be entered", names(shell.link.show()) == ["lo"])
with aside("by its name, and by its path"):
    check("by name", names(Namespace("ns2").link.list()) == ["lo"])
    check("by path", names(Namespace.of_path("/var/run/netns/ns2").link.list()) == ["lo"])
picture(host)

# %% [markdown]
# Docker keeps its namespaces, too, but where `ip netns` does not look. The path is what `docker inspect`
# calls SandboxKey.

# %% D4.3 a container's namespace
with aside("given: a Docker engine, here one of this replay's own, and a container"):
    if not docker(host):
        raise LeftOut("a Docker engine of one's own needs root and the packages docker.io and busybox-static")
    container_id = host.exec("docker", "run", "-d", "--name", "web", "busybox", "sleep", "3600").stdout.strip()
files = host.exec("ls", "/var/run/docker/netns").stdout.split()  # ls /var/run/docker/netns
path = f"/var/run/docker/netns/{files[0]}"
with host.session("nsenter", f"--net={path}") as shell:  # nsenter --net=/var/run/docker/netns/b63ec59b3d9e
    inside = shell.addr.show()  # ip addr
    check("the container's address", "172.17.0.2/16" in map(str, inside))
web = host.docker.inspect(container_id)  # docker inspect $CONTAINER_ID | grep SandboxKey
check("SandboxKey is that file", os.path.basename(web.sandbox_key) == files[0])
web = host.docker.inspect(container_id[:12])  # docker inspect ebd6855901ef | grep SandboxKey
with aside("SandboxKey and Pid lead to the same namespace"):
    by_path, by_pid = Namespace.of_path(web.sandbox_key), Namespace.of_pid(web.pid)
    check("the same addresses", by_path.addr.show() == by_pid.addr.show() == inside)
    host.exec("docker", "run", "-d", "--name", "hosts", "--network", "host", "busybox", "sleep", "3600")
    key = host.docker.inspect("hosts").sandbox_key
    check("with the host's own network it is …/netns/default", key.endswith("/netns/default"))
    host.exec("docker", "run", "-d", "--name", "joined", "--network", "container:web", "busybox", "sleep", "3600")
    check("and empty for one that joined another's", host.docker.inspect("joined").sandbox_key == "")
picture(host)

# %% [markdown]
# A link to `/proc/PID/ns/net` where `ip netns` looks gives a container's network a name. Then all tools of
# the host can be used in it, even if the container's image has none.

# %% D4.4 a container's namespace under a name of one's own
with aside("given: a container, or a process with a network of its own in its place"):
    engine = host.exec("docker", "version", check=False).ok or docker(host)
    if engine:
        host.exec("docker", "run", "-d", "--name", "nginx", "busybox", "sleep", "3600")
    else:
        container = host.start("unshare", "--net", "sleep", "3600")
        while os.readlink(f"/proc/{container.pid}/ns/net") == os.readlink(f"/proc/{host.pid}/ns/net"):
            time.sleep(0.01)
pid = host.docker.inspect("nginx").pid if engine else container.pid  # docker inspect nginx | grep Pid
host.exec("mkdir", "-p", "/var/run/netns/")  # mkdir -p /var/run/netns/
ns100 = Namespace("ns100").symlink(pid)  # ln -s /proc/31817/ns/net /var/run/netns/ns100
check("ns100 is listed", "ns100" in listed())  # ip netns ls
with ns100.enter(), aside("the host's tools in the container's network"):  # ip netns exec ns100 bash
    check("it is the container's", pid in ns100.pids())
    check("every tool of the host works there", "lo" in ns100.exec("ip", "link").stdout)
picture(host)
