"""How far long work is."""

from __future__ import annotations

import builtins
import sys

import pytest

from netns_kit import progress
from netns_kit.commands.progress import meter


def test_nobody_watches(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The items come in order, and nothing is written to a file or a pipe."""
    # Another test of this process may have started an IPython.
    monkeypatch.delattr(builtins, "__IPYTHON__", raising=False)
    assert list(progress("abc", "letters")) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_in_a_notebook(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without tqdm it is one line that is written over, and ends with the last item."""
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    for _ in progress(range(100), "namespaces"):
        pass
    assert capsys.readouterr().out == "\rnamespaces 1/100\rnamespaces 100/100\n"


@pytest.mark.filterwarnings("default")
def test_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """With tqdm it is a bar, which is full at the end; one for what is done before it could be shown is none."""
    pytest.importorskip("tqdm", reason="no tqdm here: the legs on the CPython of ./scripts/test run it")
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    for _ in progress(range(100), "namespaces"):
        pass
    assert "namespaces: 100%|" in capsys.readouterr().out
    show = meter(3, "commands", patience=60)
    for number in (1, 2, 3):
        show(number)
    assert capsys.readouterr().out == ""
