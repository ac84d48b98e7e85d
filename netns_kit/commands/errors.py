"""The errors, by the cause that people act on.

NetnsKitError
├── InvalidArgumentError         a value that cannot be right; refused before anything runs (also a ValueError)
│   └── UnknownKeywordError      a keyword that the verb does not have (also a TypeError)
├── NoPlaceError                 nothing is entered, so nobody knows where to type the command
├── PlaceClosedError             the place has been closed
├── LimitError                   too many open files or processes, or too little memory; says which limit it is
├── NotYetError                  what was waited for did not come in time (also a TimeoutError)
├── OutputError                  a tool printed something that cannot be read
├── PrivateHostError             this machine allows no private host; says which switch forbids it
├── UndoError                    a scope could not take all of its changes back
├── UnsupportedVersionError      iproute2 is older than the oldest whose JSON is sound
└── CommandError                 a command failed; carries its result
    ├── ToolMissingError         the program is not installed; says which package has it
    ├── PermissionDeniedError    not allowed without root, or at all
    │   └── PasswordNeededError  sudo wants a password and must not ask
    ├── NotFoundError            no such link, namespace, address, route, …
    ├── ExistsError              it is there already
    ├── MissingModuleError       the kernel lacks a device type or a feature
    ├── UnreachableError         no way to the destination, or no answer from it
    ├── RefusedValueError        the tool or the kernel refused a value
    ├── TimedOutError            ended because it took too long (also a TimeoutError)
    └── SshError                 a host behind SSH cannot be reached
        ├── HostUnreachableError     no such name, nobody listens there, or nobody answers
        ├── HostKeyUnknownError      nobody has vouched for its key yet
        ├── HostKeyChangedError      it shows another key than before
        ├── LoginRefusedError        it accepts none of our keys
        └── ConnectionLostError      the connection broke while the command ran
"""

from __future__ import annotations

import shlex

from netns_kit.commands.command import Command, Result

_LONGEST = 300
"""Characters of a value that an error shows."""


class NetnsKitError(Exception):
    """The root of all errors that this package raises."""


class InvalidArgumentError(NetnsKitError, ValueError):
    """A value that cannot be right, refused before anything ran.

    `argument` names it as the caller wrote it.
    """

    def __init__(self, argument: str, value: object, reason: str) -> None:
        self.argument, self.value, self.reason = argument, value, reason
        super().__init__(f"{argument}={_shown(value)}: {reason}")

    def __reduce__(self) -> tuple[type[InvalidArgumentError], tuple[str, object, str]]:
        return type(self), (self.argument, self.value, self.reason)


def _shown(value: object) -> str:
    """A value as one would write it, if that is not too long to be read."""
    try:
        text = repr(value)
    except ValueError:
        # Python writes no number of thousands of digits.
        return "<a number of too many digits>"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


class UnknownKeywordError(InvalidArgumentError, TypeError):
    """A keyword that the verb does not have; names the nearest one that it has."""


class NoPlaceError(NetnsKitError):
    """Nothing is entered: nobody knows where to type the command."""

    def __init__(self) -> None:
        super().__init__(
            "No place to type this. Write it inside `with Host.private():` (a machine of your own, no root needed)"
            " or `with Host.local():` (this machine), or pass `at=place`. What one thread has entered, another has not."
        )

    def __reduce__(self) -> tuple[type[NoPlaceError], tuple[()]]:
        return type(self), ()


class PlaceClosedError(NetnsKitError):
    """The host was closed, and all that was on it is gone."""


class LimitError(NetnsKitError):
    """There may be no more open files or processes, or there is no more memory."""


class NotYetError(NetnsKitError, TimeoutError):
    """What was waited for did not come in time."""


class OutputError(NetnsKitError):
    """A tool printed what cannot be read."""


class PrivateHostError(NetnsKitError):
    """This machine allows no private host."""


class UndoError(NetnsKitError):
    """A scope has ended, and could not take all of its changes back; says which."""


class UnsupportedVersionError(NetnsKitError):
    """The installed iproute2 is too old for its JSON to be trusted."""


class CommandError(NetnsKitError):
    """A command failed. `result` has its argv, exit status and outputs, `hint` says what to do about it.

    `not_run` are the commands of the same batch that were not run any more.
    """

    def __init__(self, result: Result, hint: str = "", not_run: tuple[Command, ...] = ()) -> None:
        self.result, self.hint, self.not_run = result, hint, not_run
        where = f"on {result.host}" + (f", in namespace {result.netns}" if result.netns else "")
        lines = [shlex.join(result.argv), f"  {where}: {_ending(result)}"]
        said = (result.stderr.strip() or result.stdout.strip()).splitlines()
        lines += [f"  {line}" for line in said[:8]]
        if hint:
            lines.append(f"  → {hint}")
        if not_run:
            lines.append(f"  {len(not_run)} more of its batch were not run, the first: {not_run[0]}")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type[CommandError], tuple[Result, str, tuple[Command, ...]]]:
        return type(self), (self.result, self.hint, self.not_run)

    @property
    def argv(self) -> tuple[str, ...]:
        """The command that failed, as it was executed."""
        return self.result.argv

    @property
    def returncode(self) -> int | None:
        """Its exit status; negative for a signal."""
        return self.result.returncode

    @property
    def stdout(self) -> str:
        """What it printed."""
        return self.result.stdout

    @property
    def stderr(self) -> str:
        """What it printed as errors."""
        return self.result.stderr

    @property
    def host(self) -> str:
        """The host it ran on."""
        return self.result.host

    @property
    def netns(self) -> str | None:
        """The namespace it ran in, None for the host's own."""
        return self.result.netns


def _ending(result: Result) -> str:
    if result.timed_out:
        return f"not done after {result.duration:.1f} s"
    if result.returncode is not None and result.returncode < 0:
        return f"ended by signal {-result.returncode}"
    return f"exit status {result.returncode}"


class ToolMissingError(CommandError):
    """The program is not installed."""


class PermissionDeniedError(CommandError):
    """Not allowed without root, or not at all."""


class PasswordNeededError(PermissionDeniedError):
    """sudo wants a password, and the library never lets it ask."""


class NotFoundError(CommandError):
    """There is no such link, namespace, address, route, rule or neighbour."""


class ExistsError(CommandError):
    """It is there already."""


class MissingModuleError(CommandError):
    """This kernel lacks the device type or the feature: a module is missing."""


class UnreachableError(CommandError):
    """There is no way to the destination, or nobody there answers."""


class RefusedValueError(CommandError):
    """The tool or the kernel refused a value."""


class TimedOutError(CommandError, TimeoutError):
    """The command was ended because it took too long."""


class SshError(CommandError):
    """A host behind SSH cannot be reached, so that the command was not run, or nobody knows what came of it."""


class HostUnreachableError(SshError):
    """The name is unknown, nobody listens there, or nobody answers."""


class HostKeyUnknownError(SshError):
    """The host's key is not among the known ones."""


class HostKeyChangedError(SshError):
    """The host shows another key than the known one: it was installed anew, or somebody is in between."""


class LoginRefusedError(SshError):
    """The host accepts none of our keys, and nobody is asked for a password."""


class ConnectionLostError(SshError):
    """The connection broke while the command ran; it may have done its work or not."""
