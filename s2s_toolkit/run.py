"""A run directory: what training writes and everything else reads.

run.json                    format, toolkit version, the plugins of its parts, digests of vocabularies and tokenizers
config.toml                 the config, defaults included
source.vocabulary.json      target.vocabulary.json
source.tokenizer.json       target.tokenizer.json       of tokenizers that learn
checkpoints/best.safetensors    weights
checkpoints/last.safetensors    weights, optimizer state, progress
checkpoints/previous.safetensors    the last one before that
checkpoints/epoch-0012.safetensors  weights of one of the best validations, with training.keep_best
metrics.jsonl               a line for each validation
training.lock               while a training works there, or where one was killed
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import s2s_toolkit
from s2s_toolkit.checkpoint_names import BEST, FOLDER, SUFFIX, require_checkpoint
from s2s_toolkit.config import Config, read_config, write_config
from s2s_toolkit.errors import RunError
from s2s_toolkit.files import atomic_folder, atomic_path, file_digest, is_plain_name, new_folder, require_absent
from s2s_toolkit.formats import require_format
from s2s_toolkit.origins import Origin, expect
from s2s_toolkit.registry import Registry
from s2s_toolkit.side_files import open_side, save_side
from s2s_toolkit.text import TextSide
from s2s_toolkit.weights import prefixed, under

FORMAT = 1
WEIGHTS, OPTIMIZER = "weights", "optimizer"


@dataclass(frozen=True)
class Run:
    """An opened run directory.

    Attributes:
        path: Where it lies.
        config: What was trained.
        source: Reads the source.
        target: Writes the target.
        checkpoint: The name of the checkpoint whose weights serve; "" for the best.
    """

    path: Path
    config: Config
    source: TextSide
    target: TextSide
    checkpoint: str = field(default="", kw_only=True)

    @property
    def metrics_path(self) -> Path:
        """Where validations are logged, a JSON object a line."""
        return self.path / "metrics.jsonl"

    def checkpoint_path(self, name: str) -> Path:
        """Where the checkpoint of that name lies, or would lie."""
        return self.path / FOLDER / f"{name}{SUFFIX}"

    @property
    def checkpoint_name(self) -> str:
        """The name of the checkpoint whose weights serve."""
        return self.checkpoint or BEST

    def weights_path(self) -> Path:
        """Where the checkpoint lies whose weights serve; RunError, with those that there are, if it is missing."""
        return require_checkpoint(self.path, self.checkpoint_name)


def is_run(path: Path) -> bool:
    """Whether a folder was made by `create_run`."""
    return (path / "run.json").is_file()


def check_place(path: Path, *, force: bool = False) -> None:
    """Refuse what a new run may not replace: another run unless forced, and anything that is no run ever."""
    if not is_run(path) and path.exists() and any(path.iterdir() if path.is_dir() else [path]):
        raise RunError(f"{path} exists and is not a run directory; choose another place")
    if is_run(path):
        require_absent(path, force)


class TakenError(RunError):
    """A run directory that somebody else makes at the same time."""


def create_run(run: Run, *, origins: Sequence[Origin] = ()) -> None:
    """Write the run directory, without checkpoints yet."""
    check_place(run.path)
    # a folder that is there is empty and stays, for somebody may work in it
    place = nullcontext(run.path) if run.path.exists() else atomic_folder(run.path, replace=False)
    with new_folder(run.path.parent), place as folder:
        try:
            (folder / FOLDER).mkdir()
        except FileExistsError as error:
            raise TakenError(f"another training has begun in {run.path}; choose another place") from error
        write_config(run.config, folder / "config.toml")
        save_side(run.source, run.config.source, folder, "source")
        save_side(run.target, run.config.target, folder, "target")
        (folder / run.metrics_path.name).touch()
        _write_about(folder, origins)


def update_run(run: Run, *, origins: Sequence[Origin] = ()) -> None:
    """Write a run's config, and where its parts come from, over what its directory says."""
    path = run.path / "config.toml"
    with atomic_path(path) as temporary:
        write_config(run.config, temporary)
    _write_about(run.path, origins)


def expect_parts(path: Path, registry: Registry) -> None:
    """Let a registry know which plugins a run's parts came from, to be named where one is missing; none is loaded."""
    _expect_parts(path, registry)


def _expect_parts(path: Path, registry: Registry) -> dict[str, Any]:
    """As `expect_parts`; all that `run.json` says."""
    if not path.is_dir():
        raise RunError(f"there is no run directory {path}; `s2s train` makes one")
    about = _read_about(path)
    expect([Origin(**origin) for origin in about["plugins"]], registry)
    return about


def open_run(path: Path, registry: Registry, *, checkpoint: str = "") -> Run:
    """Open a run directory; what is missing, foreign or damaged is named, a missing plugin too.

    Args:
        path: The directory.
        registry: Where parts are found.
        checkpoint: Whose weights serve, such as "last" or "epoch-0012"; "" for the best.
    """
    about = _expect_parts(path, registry)
    if checkpoint:
        require_checkpoint(path, checkpoint)
    for name, digest in about["sha256"].items():
        if file_digest(_present(path / name)) != digest:
            raise RunError(f"{path / name} is damaged or was changed; restore it or train again")
    config = read_config(_present(path / "config.toml"))
    source = open_side(config.source, registry, path, "source")
    target = open_side(config.target, registry, path, "target")
    return Run(path, config, source, target, checkpoint=checkpoint)


def save_checkpoint(
    path: Path,
    weights: Mapping[str, np.ndarray],
    optimizer: Mapping[str, np.ndarray] | None = None,
    progress: Mapping[str, Any] | None = None,
) -> None:
    """Write weights and, to go on training, the optimizer's state and the progress.

    The file appears whole or not at all.
    """
    from safetensors.numpy import save

    arrays = prefixed(weights, WEIGHTS) | prefixed(optimizer or {}, OPTIMIZER)
    arrays = {name: np.array(array, order="C") for name, array in arrays.items()}
    metadata = {"format": str(FORMAT), "progress": json.dumps(dict(progress or {}))}
    metadata["sha256"] = _digest(arrays, metadata["progress"])
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(arrays, metadata))  # its `save_file` leaves other files behind when it is killed


@dataclass(frozen=True)
class Checkpoint:
    """What `save_checkpoint` wrote."""

    weights: dict[str, np.ndarray]
    optimizer: dict[str, np.ndarray]
    progress: dict[str, Any]


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; a missing, damaged or foreign file is named."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(_present(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            require_format(int(metadata.get("format", FORMAT)), FORMAT, path, error=RunError)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            progress = json.loads(metadata["progress"])
    except (SafetensorError, OSError, ValueError, KeyError, RecursionError) as error:
        raise RunError(f"{path} is no whole checkpoint of ours ({error}); train again or restore it") from error
    if metadata.get("sha256", "") not in ("", _digest(arrays, metadata["progress"])):  # the first ones had none
        raise RunError(f"{path} is damaged: its content is not what its digest says; train again or restore it")
    return Checkpoint(under(arrays, WEIGHTS), under(arrays, OPTIMIZER), progress)


def _digest(arrays: Mapping[str, np.ndarray], progress: str) -> str:
    """SHA-256 of all that a checkpoint holds."""
    digest = hashlib.sha256(progress.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _present(path: Path) -> Path:
    if not path.is_file():
        raise RunError(f"there is no {path}; was training finished?")
    return path


def _write_about(path: Path, origins: Sequence[Origin]) -> None:
    """Write `run.json` of a run directory."""
    learnt = sorted([*path.glob("*.vocabulary.json"), *path.glob("*.tokenizer.json")])
    about = {
        "format": FORMAT,
        "toolkit": s2s_toolkit.__version__,
        "plugins": list(map(asdict, origins)),
        "sha256": {file.name: file_digest(file) for file in learnt},
    }
    with atomic_path(path / "run.json") as temporary:
        temporary.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _read_about(path: Path) -> dict[str, Any]:
    """`run.json` of a run directory, once it is known to be of our format."""
    file = path / "run.json"
    if not file.is_file():
        raise RunError(f"{path} is not a run directory: it has no {file.name}")
    try:
        about = {"plugins": [], "sha256": {}, **json.loads(file.read_text(encoding="utf-8"))}
        require_format(about["format"], FORMAT, file, error=RunError, writer=about.get("toolkit"))
        for origin in about["plugins"]:
            Origin(**origin)
        about["sha256"] = dict(about["sha256"])
        if strange := [name for name in about["sha256"] if not is_plain_name(name)]:
            raise ValueError(f"a digest of {strange[0]!r}, which is no file of the run")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"{file} is damaged ({error}); restore it") from error
    return about
