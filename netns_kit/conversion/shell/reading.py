"""Shell as tutorials have it: blocks of Markdown, prompts, output between the commands; what is typed, line by line.

The grammar is tree-sitter's, of the extra `convert`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from attrs import field, frozen

from netns_kit.commands.errors import NetnsKitError

PROMPT = re.compile(
    r"^\s*(?:\[?[\w.-]+@(?P<host>[\w.-]+)[^\]$#%>]*\]?\s*|(?:namespace )?[\w.-]*)[#$%>]\s+(?P<typed>\S.*)$"
)
"""A prompt as machines have it, which may name the host, and what is typed behind it."""

LOOKS = {
    "grep",
    "egrep",
    "head",
    "tail",
    "less",
    "more",
    "cat",
    "tee",
    "jq",
    "sort",
    "column",
    "awk",
    "sed",
    "wc",
    "cut",
}
"""Programs behind a pipe that only show what came before them."""
SPACES = str.maketrans(
    {"\u00a0": " ", "\u3000": " ", "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\r": None, "\0": None}
)
"""What blogs make of spaces and quotes."""


@frozen
class Typed:
    """A command that is typed: its words, or None where it is more than one command with its words.

    `unknown` are variables that nobody has set, `text` is the line as it stands.
    """

    text: str
    words: tuple[str, ...] | None
    host: str | None = None
    background: bool = False
    unknown: tuple[str, ...] = ()
    remark: str = ""


@frozen
class Block:
    """Prose, or commands."""

    prose: str = ""
    commands: tuple[Typed, ...] = field(default=())


def read(text: str) -> list[Block]:
    """The blocks of a text: of Markdown its prose and its code, else all of it is code."""
    variables: dict[str, str] = {}
    clean = text.translate(SPACES)
    parts = re.split(r"^(?:```|~~~)[^\n]*\n(.*?)^(?:```|~~~)[ \t]*$", clean, flags=re.MULTILINE | re.DOTALL)
    if len(parts) == 1:
        return [Block(commands=tuple(_commands(clean, variables)))]
    blocks = []
    for number, part in enumerate(parts):
        if number % 2:
            blocks.append(Block(commands=tuple(_commands(part, variables))))
        elif part.strip():
            blocks.append(Block(prose=part.strip()))
    return blocks


def _commands(code: str, variables: dict[str, str]) -> Iterator[Typed]:
    prompts = [PROMPT.match(line) for line in code.split("\n")]
    if not any(prompts):
        yield from _parsed(code, None, variables)
        return
    for found in prompts:
        if found and not found["typed"].startswith("#"):
            yield from _parsed(found["typed"], found["host"], variables)


def _parsed(code: str, host: str | None, variables: dict[str, str]) -> Iterator[Typed]:
    data = code.encode()
    root = _parser().parse(data).root_node
    children = list(root.children)
    for node, after in zip_longest(children, children[1:]):
        background = after is not None and after.type == "&"
        if node.type not in ("comment", ";", "&", "\n"):
            yield from _Reader(data, host, variables).statement(node, background)


def _parser() -> Any:
    try:
        import tree_sitter
        import tree_sitter_bash
    except ModuleNotFoundError:
        raise NetnsKitError("Shell is read by tree-sitter's grammar: pip install 'netns_kit[convert]'") from None
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


class _Reader:
    """Reads the statements of one text."""

    def __init__(self, data: bytes, host: str | None, variables: dict[str, str]) -> None:
        self.data, self.host, self.variables = data, host, variables
        self.unknown: list[str] = []

    def text(self, node: Any) -> str:
        """What stands there."""
        return self.data[node.start_byte : node.end_byte].decode()

    def statement(self, node: Any, background: bool) -> Iterator[Typed]:
        """The commands of a statement."""
        text = self.text(node).strip()
        if node.type == "variable_assignment":
            name, value = node.named_children[0], node.named_children[1:]
            known = self.word(value[0]) if value else ""
            if known is not None:
                self.variables[self.text(name)] = known
                return
        if node.type == "list" and "||" not in {child.type for child in node.children}:
            for child in node.named_children:
                yield from self.statement(child, background)
            return
        if node.type == "command":
            yield self.typed(text, node, background)
        elif node.type == "pipeline" and all(self.program(one) in LOOKS for one in node.named_children[1:]):
            first = node.named_children[0]
            yield self.typed(text, first, background, "what is behind the pipe is up to Python")
        elif node.type == "redirected_statement" and (parameter := self.parameter(node)):
            yield Typed(text, ("sysctl", "-w", "=".join(parameter)), self.host)
        else:
            yield Typed(text, None, self.host, background)

    def typed(self, text: str, node: Any, background: bool, remark: str = "") -> Typed:
        """A command by its words."""
        self.unknown = []
        words = [self.word(one) for one in node.named_children]
        plain = None if None in words else tuple(word for word in words if word is not None)
        return Typed(text, plain, self.host, background, tuple(self.unknown), remark)

    def program(self, node: Any) -> str:
        """The program of a command."""
        return self.text(node.named_children[0]) if node.type == "command" else ""

    def parameter(self, node: Any) -> tuple[str, str] | None:
        """What `echo VALUE > /proc/sys/NAME` sets."""
        command, *redirects = node.named_children
        if self.program(command) != "echo" or len(redirects) != 1 or len(command.named_children) != 2:
            return None
        value, path = self.word(command.named_children[1]), self.word(redirects[0].named_children[-1])
        found = re.fullmatch(r"/proc/sys/(\S+)", path or "")
        return (found[1], value) if found and value is not None else None

    def word(self, node: Any) -> str | None:
        """A word as the shell would hand it over; None where only the shell knows."""
        kind, text = node.type, self.text(node)
        if kind in ("word", "number", "string_content"):
            return re.sub(r"\\(.)", r"\1", text)
        if kind == "raw_string":
            return text[1:-1]
        if kind == "process_substitution":
            return text
        if kind in ("string", "concatenation", "command_name", "translated_string"):
            parts = [self.word(one) for one in node.named_children]
            return None if None in parts else "".join(part for part in parts if part is not None)
        if kind in ("simple_expansion", "expansion") and re.fullmatch(r"\$(\w+)|\$\{(\w+)\}", text):
            name = text.strip("${}")
            if name not in self.variables:
                self.unknown.append(name)
                return f"\0{name}\0"
            return self.variables[name]
        return None
