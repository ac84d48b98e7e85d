"""How far long work is."""

from __future__ import annotations

import builtins

import pytest

from netns_kit import progress


def test_nobody_watches(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The items come in order, and nothing is written to a file or a pipe."""
    # Another test of this process may have started an IPython.
    monkeypatch.delattr(builtins, "__IPYTHON__", raising=False)
    assert list(progress("abc", "letters")) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_in_a_notebook(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that is written over, and ends with the last item."""
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    for _ in progress(range(100), "namespaces"):
        pass
    assert capsys.readouterr().out == "\rnamespaces 1/100\rnamespaces 100/100\n"
