import errno
import os
import stat
from pathlib import Path

import pytest

from s2s_toolkit.errors import S2SError
from s2s_toolkit.files import (
    OLD,
    PARTIAL,
    append_line,
    atomic_files,
    atomic_folder,
    atomic_path,
    beside,
    leftovers,
    replacing,
    require_absent,
)
from s2s_toolkit.testing.little_room import little_room


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def write_half(path, error):
    with atomic_path(path) as temporary:
        temporary.write_text("ha")
        raise error


def test_a_written_file_gets_its_name_at_the_end(tmp_path):
    path = tmp_path / "model.onnx"
    with atomic_path(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert names(tmp_path) == ["model.onnx"]


def test_the_temporary_file_lies_beside_the_final_one_with_its_suffix(tmp_path):
    with atomic_path(tmp_path / "plot.png") as temporary:
        temporary.touch()
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".png")


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "vocabulary.json"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_half(path, ZeroDivisionError())
    assert path.read_text() == "old"
    assert names(tmp_path) == ["vocabulary.json"]


def test_an_interrupt_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_half(tmp_path / "a.json", KeyboardInterrupt())
    assert names(tmp_path) == []


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "a.json"
    with atomic_path(path) as first, atomic_path(path) as second:
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"


def test_a_missing_folder_is_refused(tmp_path):
    path = tmp_path / "missing" / "a.json"
    with pytest.raises(S2SError, match=f"can't write {path}: there is no folder {path.parent}"), atomic_path(path):
        pass


def test_a_folder_is_not_replaced(tmp_path):
    path = tmp_path / "run"
    path.mkdir()
    with pytest.raises(S2SError, match="not an ordinary file"), atomic_path(path):
        pass
    assert path.is_dir()


@pytest.mark.skipif(os.name != "posix", reason="devices are files on POSIX")
def test_a_device_is_not_replaced():
    null = Path(os.devnull)
    with pytest.raises(S2SError, match="not an ordinary file"), atomic_path(null):
        pass
    assert stat.S_ISCHR(null.stat().st_mode)


def test_a_file_that_was_never_written_is_an_error(tmp_path):
    path = tmp_path / "a.json"
    with pytest.raises(S2SError, match=f"can't write {path}: No such file"), atomic_path(path):
        pass


def test_errors_of_other_files_pass(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "a.json") as temporary:
        temporary.write_text((tmp_path / "missing.json").read_text())


def test_a_new_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    with atomic_path(tmp_path / "written") as temporary:
        temporary.touch()
    assert (tmp_path / "written").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_what_exists_is_replaced_only_by_force(tmp_path):
    path = tmp_path / "model.onnx"
    require_absent(path, force=False)
    path.touch()
    require_absent(path, force=True)
    with pytest.raises(S2SError, match=f"^{path} exists; give --force to replace it$"):
        require_absent(path, force=False)


def contents(folder):
    return {path.name: path.read_text() if path.is_file() else contents(path) for path in folder.iterdir()}


def test_a_file_and_others_beside_it_appear_together(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_text("old")
    with atomic_files(path) as temporary:
        assert temporary.name == path.name
        temporary.write_text("whole")
        temporary.with_name("model.onnx.data").write_text("weights")
        assert path.read_text() == "old"
    assert contents(tmp_path) == {"model.onnx": "whole", "model.onnx.data": "weights"}


def test_the_others_are_there_before_the_file(tmp_path, monkeypatch):
    moved, replace = [], Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, target: (moved.append(target.name), replace(self, target))[1])
    with atomic_files(tmp_path / "b") as temporary:
        for name in ("b", "a", "c"):
            temporary.with_name(name).touch()
    assert moved == ["a", "c", "b"]


def test_an_error_leaves_the_old_files(tmp_path):
    path = tmp_path / "model.onnx"
    before = {"model.onnx": "old", "model.onnx.data": "old weights"}
    for name, text in before.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ZeroDivisionError), atomic_files(path) as temporary:  # noqa: PT012
        temporary.with_name("model.onnx.data").write_text("new")
        raise ZeroDivisionError
    assert contents(tmp_path) == before


def test_a_folder_appears_whole(tmp_path):
    path = tmp_path / "model"
    with atomic_folder(path) as temporary:
        (temporary / "inner").mkdir()
        (temporary / "inner" / "a").write_text("whole")
        assert not path.exists()
    assert contents(tmp_path) == {"model": {"inner": {"a": "whole"}}}


def test_a_folder_takes_the_place_of_the_old_one(tmp_path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").write_text("old")
    with atomic_folder(path) as temporary:
        (temporary / "new").write_text("new")
        assert contents(path) == {"old": "old"}
    assert contents(tmp_path) == {"model": {"new": "new"}}


def fill_half(path, error):
    with atomic_folder(path) as temporary:
        (temporary / "half").write_text("ha")
        raise error


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_error_leaves_the_old_folder(tmp_path, error):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").write_text("old")
    with pytest.raises(error):
        fill_half(path, error())
    assert contents(tmp_path) == {"model": {"old": "old"}}


def test_a_folder_that_could_not_be_moved_in_leaves_the_old_one(tmp_path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").write_text("old")
    with pytest.raises(S2SError, match=f"can't write {path}: No such file"), atomic_folder(path) as temporary:
        temporary.rmdir()
    assert contents(tmp_path) == {"model": {"old": "old"}}


@pytest.mark.parametrize("write", [atomic_files, atomic_folder])
def test_files_and_folders_keep_their_kind(tmp_path, write):
    path = tmp_path / "model"
    path.touch() if write is atomic_folder else path.mkdir()
    with pytest.raises(S2SError, match=f"can't write {path}: it is not a"), write(path):
        pass
    assert names(tmp_path) == ["model"]


@pytest.mark.parametrize("write", [atomic_files, atomic_folder])
def test_nothing_is_written_into_a_missing_folder(tmp_path, write):
    path = tmp_path / "missing" / "model"
    with pytest.raises(S2SError, match=f"can't write {path}: there is no folder"), write(path):
        pass


@pytest.mark.parametrize("write", [atomic_files, atomic_folder])
def test_errors_of_other_files_pass_here_too(tmp_path, write):
    with pytest.raises(FileNotFoundError), write(tmp_path / "model"):
        (tmp_path / "missing.json").read_text()
    assert names(tmp_path) == []


@pytest.mark.parametrize("write", [atomic_files, atomic_folder])
def test_errors_of_what_is_written_name_the_place(tmp_path, write):
    path = tmp_path / "model"
    with pytest.raises(S2SError, match=f"can't write {path}: No such file"), write(path) as temporary:
        (temporary / "missing" / "a").write_text("a")


@pytest.fixture
def order(monkeypatch):
    """What is flushed, by its inode, and what is moved, by its inode and its new name, in order."""
    found, replace, fsync = [], Path.replace, os.fsync

    def flush(descriptor):
        found.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def move(path, target):
        found.append((path.stat().st_ino, target.name))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(Path, "replace", move)
    return found


def test_a_file_is_on_the_disk_before_it_gets_its_name_and_the_name_at_the_end(tmp_path, order):
    with atomic_path(tmp_path / "a.json") as temporary:
        temporary.touch()
        inode = temporary.stat().st_ino
    assert order == [inode, (inode, "a.json"), tmp_path.stat().st_ino]


def test_a_folder_is_on_the_disk_with_all_that_is_in_it_before_it_gets_its_name(tmp_path, order):
    with atomic_folder(tmp_path / "model") as temporary:
        (temporary / "inner").mkdir()
        (temporary / "inner" / "a").touch()
        inside = {path.stat().st_ino for path in (temporary, temporary / "inner", temporary / "inner" / "a")}
    *flushed, (_, name), parent = order
    assert (set(flushed), name, parent) == (inside, "model", tmp_path.stat().st_ino)


def fail_with(number, kind):
    """An `os.fsync` that fails for files of a kind."""

    def fail(descriptor):
        if kind(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    return fail


def test_a_file_system_that_can_not_flush_folders_is_written_to_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", fail_with(errno.EINVAL, stat.S_ISDIR))
    with atomic_path(tmp_path / "a.json") as temporary:
        temporary.write_text("whole")
    assert contents(tmp_path) == {"a.json": "whole"}


def test_a_line_is_added_where_nothing_can_be_flushed(tmp_path, monkeypatch):
    def fsync(descriptor):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", fsync)
    append_line(tmp_path / "log", "one")
    assert (tmp_path / "log").read_text() == "one\n"


def test_a_new_folder_takes_nobodys_place(tmp_path):
    def write():
        with atomic_folder(tmp_path / "run", replace=False) as temporary:
            (temporary / "ours").touch()
            (tmp_path / "run").mkdir()
            (tmp_path / "run" / "theirs").touch()

    with pytest.raises(S2SError, match="can't write"):
        write()
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "theirs"]


def test_what_did_not_reach_the_disk_gets_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", fail_with(errno.EIO, stat.S_ISREG))
    path = tmp_path / "a.json"
    with pytest.raises(S2SError, match=f"can't write {path}: Input/output error"), atomic_path(path) as temporary:
        temporary.write_text("lost")
    assert names(tmp_path) == []


def test_a_file_that_is_replaced_gets_another_name(tmp_path):
    last, previous = tmp_path / "last", tmp_path / "previous"
    for number in range(3):
        with replacing(last, previous), atomic_path(last) as temporary:
            temporary.write_text(f"{number}")
    assert contents(tmp_path) == {"last": "2", "previous": "1"}


def test_both_names_stay_what_they_were_where_replacing_fails(tmp_path):
    last, previous = tmp_path / "last", tmp_path / "previous"
    last.write_text("1")
    previous.write_text("0")
    with pytest.raises(ZeroDivisionError), replacing(last, previous):
        write_half(last, ZeroDivisionError())
    assert contents(tmp_path) == {"last": "1", "previous": "0"}


def test_where_files_have_one_name_each_the_other_one_is_a_copy(tmp_path, monkeypatch):
    def refuse(path, target):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    last, previous = tmp_path / "last", tmp_path / "previous"
    last.write_text("1")
    with replacing(last, previous):
        last.write_text("2")
    assert contents(tmp_path) == {"last": "2", "previous": "1"}


def test_a_line_is_added_whole_or_not_at_all(tmp_path):
    path = tmp_path / "metrics.jsonl"
    append_line(path, "ä" * 20)
    with little_room():
        with pytest.raises(S2SError, match=f"can't write {path}: "):
            append_line(path, "b" * 40)
        append_line(path, "c" * 20)
    assert path.read_text().splitlines() == ["ä" * 20, "c" * 20]


def test_what_is_left_of_one_file_is_told_from_that_of_others(tmp_path):
    path = tmp_path / "run[1]"
    first, second = beside(path, PARTIAL), beside(path, PARTIAL)
    for number, left in enumerate([second, first]):
        left.mkdir()
        os.utime(left, (number, number))
    for other in (beside(path, OLD), beside(tmp_path / "run1", PARTIAL), beside(tmp_path / "my-run[1]", PARTIAL)):
        other.mkdir()
    assert leftovers(path, PARTIAL) == [second, first]
    assert leftovers(tmp_path / "run", PARTIAL) == []
