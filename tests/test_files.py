import os
import stat
from pathlib import Path

import pytest

from s2s_toolkit.errors import S2SError
from s2s_toolkit.files import atomic_files, atomic_folder, atomic_path, require_absent


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
