"""Reading what `ip -j` prints: the quirks of iproute2 5.4 to 7.x."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from netns_kit import CommandError, Host, NotFoundError, OutputError, UnsupportedVersionError
from netns_kit.commands import reading
from netns_kit.commands.command import Command, Result
from netns_kit.machines.runner import decode

NO_TABLE = "Error: ipv4: FIB table does not exist.\nDump terminated\n"


def answered(stdout: str, stderr: str = "", status: int = 0) -> Result:
    """A query that was answered so."""
    return Result(Command(("ip", "-j", "route", "show")), "host", status, stdout, stderr)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n", []),
        ("[]\n", []),
        ('[{"a":1}]\n', [{"a": 1}]),
        ('[{},{"a":1},{}]', [{"a": 1}]),
        (r'[{"a":"it\'s"}]', [{"a": "it's"}]),
        (r'[{"a":"a\\\'b \"c\" \\"}]', [{"a": 'a\\\'b "c" \\'}]),
        (r'[{"a":"\\\\"}]', [{"a": "\\\\"}]),
        ('[{"a":"bell\x07tab\tend"}]', [{"a": "bell\x07tab\tend"}]),
        ('[{"a":"\x01it\\\'s"}]', [{"a": "\x01it's"}]),
        ('[ {\n  "a": 1\n} ]\n', [{"a": 1}]),
        ('[{"link":null,"new-in-9.9":{"x":[1]}}]', [{"link": None, "new-in-9.9": {"x": [1]}}]),
    ],
)
def test_entries(text: str, expected: list[Any]) -> None:
    """Empty output, placeholders, escapes that JSON does not know, raw control bytes, pretty-printing, new keys."""
    assert reading.entries(answered(text)) == expected


def test_bytes_that_are_no_utf8() -> None:
    """Bytes that are no UTF-8 come as surrogates, from which the same bytes can be had again."""
    (entry,) = reading.entries(answered(decode(b'[{"ifalias":"caf\xe9"}]')))
    assert entry["ifalias"].encode(errors="surrogateescape") == b"caf\xe9"


@pytest.mark.parametrize("text", ["[", "default via 10.0.0.1 dev eth0", "[{{}}]", "21196", '"a"', '{"eth0":[]}', "[1]"])
def test_no_entries(text: str) -> None:
    """A document cut short, text in spite of -j, or JSON of another shape, is an error that says what was printed."""
    with pytest.raises(OutputError, match="ip -j route show"):
        reading.entries(answered(text))


@pytest.mark.parametrize("text", ["[", "[]\n", ""])
def test_table_without_routes(text: str) -> None:
    """A routing table that does not exist yet has no routes, whatever stands on the output."""
    assert reading.entries(answered(text, NO_TABLE, 2)) == []


def test_failed_query() -> None:
    """The output of a query that failed is not read at all."""
    with pytest.raises(NotFoundError):
        reading.entries(answered("[", 'Device "x" does not exist.\n', 1))


def test_warning_is_no_failure() -> None:
    """With exit status 0, what stands on the error output changes nothing."""
    text = "Error: Peer netns reference is invalid.\n"
    assert reading.entries(answered('[{"name":"stray"}]\n', text)) == [{"name": "stray"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ip utility, iproute2-6.1.0, libbpf 1.1.2\n", (6, 1, 0)),
        ("ip utility, iproute2-5.10.0\n", (5, 10, 0)),
        ("ip utility, iproute2-v5.9.0-1-g1234567, libbpf 0.1\n", (5, 9, 0)),
        ("ip utility, iproute2-6.12\n", (6, 12)),
        ("ip utility, iproute2-ss180813\n", (4, 18)),
        ("ip utility, iproute2-ss191125\n", (5, 4)),
        ("ip utility, iproute2-ss191201\n", (5, 4)),
        ("ip utility, iproute2-ss200602\n", (5, 7)),
        ("ip utility, iproute2-ss141224\n", (4, 14)),
    ],
)
def test_version(text: str, expected: tuple[int, ...]) -> None:
    """Both forms of `ip -V`: a date up to 5.7, a number from then on."""
    assert reading.version(text) == expected


def test_no_version() -> None:
    """Another `ip`, such as BusyBox's, is not taken for iproute2."""
    with pytest.raises(OutputError, match="BusyBox"):
        reading.version("BusyBox v1.35.0 (Debian 1:1.35.0-4+b3)\n")


@pytest.mark.parametrize("version", ["iproute2-ss190924", "iproute2-ss180129", "iproute2-5.3.0"])
def test_floor(version: str) -> None:
    """Before 5.4 JSON cannot be trusted, so queries are refused; what changes something still runs."""
    host = Host.fake({"ip -V": version, "ip -j -d link": "[]", "ip netns add net0": ""})
    host.netns.add("net0")
    with pytest.raises(UnsupportedVersionError, match=r"iproute2 \d\.\d+.* too old.*5\.4"):
        host.link.show()


@pytest.mark.parametrize("version", ["iproute2-ss191125", "iproute2-5.4.0", "iproute2-5.15.0", "iproute2-7.1.0"])
def test_supported(version: str) -> None:
    """From 5.4 on, queries are answered."""
    assert Host.fake({"ip -V": version, "ip -j -d link": "[]"}).link.show() == ()


class Patchy:
    """A runner whose kernel interrupts the first answers."""

    host, pid, machine, batches = "host", 1, "patchy", False

    def __init__(self, interrupted: int) -> None:
        self.left = interrupted

    def run(self, command: Command) -> Result:
        """An answer that lacks something, as often as was said, then the whole one."""
        if command.argv == ("ip", "-V"):
            return Result(command, self.host, 0, "ip utility, iproute2-6.1.0\n")
        self.left -= 1
        if self.left >= 0:
            return Result(command, self.host, 0, "[]\n", "Dump was interrupted and may be inconsistent.\n")
        return Result(command, self.host, 0, '[{"ifname":"lo"}]\n')


def test_interrupted_dump_is_read_again() -> None:
    """An answer that the kernel calls patchy is asked for again."""
    host = Host(Patchy(3))
    assert [link.name for link in host.link.show()] == ["lo"]
    assert len(host.transcript) == 4


@pytest.mark.parametrize("line", ["ip -V", "ip -j -d link"])
def test_missing_ip(line: str) -> None:
    """Without iproute2, queries say which package has it."""
    host = Host.fake({line: (127, "", "ip: command not found\n")})
    with pytest.raises(CommandError, match="iproute2"):
        host.link.show()


def test_fakes_have_their_own_versions() -> None:
    """What one fake's iproute2 was is forgotten with it, and not taken for another's."""
    for version in ["iproute2-5.3.0", "iproute2-6.1.0"] * 20:
        host = Host.fake({"ip -V": version, "ip -j -d link": "[]"})
        refused = pytest.raises(UnsupportedVersionError) if version == "iproute2-5.3.0" else contextlib.nullcontext()
        with refused:
            host.link.show()
