import os
import sys

import pytest

from s2s_toolkit.errors import S2SError
from s2s_toolkit.quiet import LEVEL, QuietRegistry, withheld_stderr


def test_what_is_said_meanwhile_is_withheld(capfd):
    with withheld_stderr():
        os.write(2, b"meanwhile\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_it_is_shown_after_all_where_the_error_is_ours(capfd):
    with pytest.raises(ZeroDivisionError):
        fail_quietly(ZeroDivisionError())
    assert capfd.readouterr().err == "meanwhile\n"


def test_an_error_for_users_stays_one_line(capfd):
    with pytest.raises(S2SError):
        fail_quietly(S2SError("no"))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("level", "heard"), [(None, ""), ("3", ""), ("0", "chatting\n")])
def test_frameworks_are_loaded_quietly_unless_told_otherwise(capfd, with_part, monkeypatch, level, heard):
    registry = QuietRegistry(**vars(with_part("s2s_frameworks", "chatty", None)))
    del sys.modules["fake_chatty"]
    monkeypatch.setattr(sys, "meta_path", [Chatty(), *sys.meta_path])
    monkeypatch.delenv(LEVEL, raising=False)
    if level:
        monkeypatch.setenv(LEVEL, level)
    assert registry.load("framework", "chatty") == "a framework"
    assert capfd.readouterr().err == heard


def fail_quietly(error):
    with withheld_stderr():
        os.write(2, b"meanwhile\n")
        raise error


class Chatty:
    """Finds and loads the module of the framework "chatty"."""

    def find_spec(self, name, path=None, target=None):
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self) if name == "fake_chatty" else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        os.write(2, b"chatting\n")
        module.part = "a framework"
