"""How a firewall is brought back to what it was, rule by rule, so that nobody else's is touched."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from netns_kit.commands.errors import NotFoundError, ToolMissingError
from netns_kit.sites.site import Site

Argv = tuple[str, ...]

TOOLS = ("iptables", "ip6tables", "iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy")
_APPENDING = {"-A": "-D", "--append": "-D", "-I": "-D", "--insert": "-D", "-N": "-X", "--new-chain": "-X"}
_LOOKING = {"-L", "--list", "-S", "--list-rules", "-C", "--check", "-h", "--help", "-V", "--version", "-Z", "--zero"}


def tool_of(name: str) -> str | None:
    """The tool whose rules a command sets: `iptables-legacy-restore` sets what `iptables-legacy-save` tells."""
    tool = name.removesuffix("-restore").removesuffix("-save")
    return tool if tool in TOOLS else None


def taken_back(argv: Argv) -> Argv | None:
    """The command that takes back what another one adds; None if that does more, or less, than adding."""
    place = next((number for number, word in enumerate(argv) if word in _APPENDING), None)
    if place is None:
        return None
    rest = argv[place + 2 :]
    if argv[place] in ("-I", "--insert") and rest and rest[0].isdigit():
        rest = rest[1:]
    return (*argv[:place], _APPENDING[argv[place]], *argv[place + 1 : place + 2], *rest)


def changes(argv: Argv) -> bool:
    """Whether a command does more than look."""
    return not _LOOKING & set(argv) and len(argv) > 1


def policy(argv: Argv) -> str | None:
    """The chain, and its table, whose policy a command sets."""
    for number, word in enumerate(argv[:-2]):
        if word in ("-P", "--policy"):
            table = next((argv[at + 1] for at, one in enumerate(argv[:-1]) if one in ("-t", "--table")), "filter")
            return f"{table} {argv[number + 1]}"
    return None


def read(site: Site, tool: str) -> list[str]:
    """The tables, chains and rules that a tool tells, in order; nothing where it is not there.

    Raises the error of one that fails otherwise: that it told nothing does not mean that there is nothing.
    """
    try:
        said = site.run(f"{tool}-save").stdout
    except ToolMissingError:
        return []
    lines = (line.partition(" [")[0] if line.startswith(":") else line for line in said.splitlines())
    return [line for line in lines if not line.startswith("#") and line != "COMMIT"]


def tables(site: Site, tool: str) -> list[str]:
    """The tables that it has."""
    return [line[1:] for line in read(site, tool) if line.startswith("*")]


def empty_tables(site: Site, tool: str, but: list[str]) -> Iterator[Argv]:
    """The commands that take away tables which let all pass, as none do: the tool makes them when it is asked."""
    if "nf_tables" not in site.run(tool, "-V").stdout:
        return
    for table, chains in _tables(read(site, tool)).items():
        if table not in but and all(policy == "ACCEPT" and not rules for policy, rules in chains.values()):
            yield ("nft", "delete", "table", "ip6" if tool == "ip6tables" else "ip", table)


def back(tool: str, before: list[str], after: list[str], *, takes: bool) -> Iterator[Argv]:
    """The commands that lead from what is told after to what was told before.

    Unless it `takes` away what is new, too, that stays: it is somebody else's.
    """
    was, now = _tables(before), _tables(after)
    for table in now:
        start = (tool, "-t", table)
        chains, there = was.get(table, {}), now[table]
        for chain, (policy, _) in chains.items():
            if chain not in there:
                yield (*start, "-N", chain)
            elif policy not in ("-", there[chain][0]):
                yield (*start, "-P", chain, policy)
        # A table that was not told had chains that let all pass.
        yield from ((*start, "-P", chain, "ACCEPT") for chain, (policy, _) in there.items()
                    if chain not in chains and policy not in ("-", "ACCEPT"))  # fmt: skip
        for chain in {**there, **chains}:
            yield from _rules(start, chain, chains.get(chain, ("", []))[1], there.get(chain, ("", []))[1], takes)
        yield from ((*start, "-X", chain) for chain, (policy, _) in there.items()
                    if takes and chain not in chains and policy == "-")  # fmt: skip


def appends(argv: Sequence[str]) -> bool:
    """Whether a command adds a rule behind all others."""
    return tool_of(argv[0]) is not None and bool({"-A", "--append"} & set(argv))


def first_again(tool: str, before: list[str], after: list[str]) -> Iterator[Argv]:
    """The commands that take away the last of two rules alike where the first was deleted, as the tool does it."""
    was, now = _tables(before), _tables(after)
    for table, chains in was.items():
        for chain, (_, rules) in chains.items():
            rest = now.get(table, {}).get(chain, ("", []))[1]
            place = next((number for number, rule in enumerate(rules) if rest[number : number + 1] != [rule]), None)
            if place is not None and rules[place] in rest[place:]:
                last = len(rest) - rest[::-1].index(rules[place])
                yield (tool, "-t", table, "-I", chain, str(place + 1), *rules[place])
                yield (tool, "-t", table, "-D", chain, str(last + 1))


def known(before: list[str], after: list[str]) -> list[str]:
    """Of what is told now, the tables, chains and rules that were there before; a chain may have another policy."""
    chains = {line.partition(" ")[0] for line in before if line.startswith(":")}
    return [line for line in after if line in before or line.partition(" ")[0] in chains]


def _rules(start: Argv, chain: str, before: list[Argv], after: list[Argv], takes: bool) -> Iterator[Argv]:
    steps = SequenceMatcher(None, after, before, autojunk=False).get_opcodes()
    for _, first, last, _, _ in (step for step in steps if step[0] in ("delete", "replace")):
        yield from ((*start, "-D", chain, *words) for words in after[first:last] if takes)
    for _, _, _, first, last in (step for step in steps if step[0] in ("insert", "replace")):
        yield from ((*start, "-I", chain, str(place + 1), *before[place]) for place in range(first, last))


def _tables(lines: list[str]) -> dict[str, dict[str, tuple[str, list[Argv]]]]:
    """The chains of each table: their policies, and their rules' words."""
    found: dict[str, dict[str, tuple[str, list[Argv]]]] = {}
    chains: dict[str, tuple[str, list[Argv]]] = {}
    for line in lines:
        words = shlex.split(line)
        if line.startswith("*"):
            chains = found.setdefault(line[1:], {})
        elif line.startswith(":"):
            chains[words[0][1:]] = (words[1], [])
        elif words[:1] == ["-A"]:
            chains[words[1]][1].append(tuple(words[2:]))
    return found


def tables_of_nft(site: Site) -> dict[str, str]:
    """The text of each table that nft tells."""
    found = {}
    for name in site.run("nft", "list", "tables").stdout.splitlines():
        # One that has gone meanwhile is not there.
        with contextlib.suppress(NotFoundError):
            found[name] = site.run("nft", "-s", "list", *name.split()).stdout
    return found
