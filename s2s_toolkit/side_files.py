"""What a side has learnt, as files: its vocabulary, and its tokenizer where that learns. Runs have them, and folders.

NAME.vocabulary.json    the symbols by id, without the special ones
NAME.tokenizer.json     format, the tokenizer's name, and its state
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from s2s_toolkit.config_sections import TextConfig
from s2s_toolkit.errors import RunError
from s2s_toolkit.files import atomic_path
from s2s_toolkit.formats import require_format
from s2s_toolkit.registry import Registry
from s2s_toolkit.text import TextSide, load_side, with_state
from s2s_toolkit.tokenizers import learns
from s2s_toolkit.vocabulary import Vocabulary

FORMAT = 1


def vocabulary_path(folder: Path, name: str) -> Path:
    """Where the vocabulary of a side lies."""
    return folder / f"{name}.vocabulary.json"


def tokenizer_path(folder: Path, name: str) -> Path:
    """Where what a side's tokenizer has learnt lies."""
    return folder / f"{name}.tokenizer.json"


def save_side(side: TextSide, config: TextConfig, folder: Path, name: str) -> None:
    """Write what a side has learnt into a folder; each file appears whole or not at all."""
    side.vocabulary.save(vocabulary_path(folder, name))
    if learns(side.tokenizer) and side.tokenizer.state is not None:
        _save_state(tokenizer_path(folder, name), config.tokenizer_part.name, side.tokenizer.state)


def open_side(config: TextConfig, registry: Registry, folder: Path, name: str) -> TextSide:
    """The side that a config describes, with what `save_side` wrote; RunError that names the file where it is not."""
    side = load_side(config, registry, Vocabulary.load(vocabulary_path(folder, name)))
    if not learns(side.tokenizer):
        return side
    path = tokenizer_path(folder, name)
    state = _load_state(path, config.tokenizer_part.name)
    try:
        return replace(side, tokenizer=with_state(side.tokenizer, state))
    except ValueError as error:
        raise RunError(f"{path} is damaged ({error}); restore it or train again") from error


def _save_state(path: Path, tokenizer: str, state: Mapping[str, Any]) -> None:
    content = json.dumps({"format": FORMAT, "tokenizer": tokenizer, "state": state}, ensure_ascii=False)
    with atomic_path(path) as temporary:
        temporary.write_text(content + "\n", encoding="utf-8", newline="\n")


def _load_state(path: Path, tokenizer: str) -> Any:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        require_format(content["format"], FORMAT, path, error=RunError)
        written_by, state = content["tokenizer"], content["state"]
    except OSError as error:
        raise RunError(f"can't read {path}: {error.strerror}; restore it or train again") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunError(f"{path} is damaged ({error}); restore it or train again") from error
    if written_by != tokenizer:
        raise RunError(f"{path} is what the tokenizer {written_by!r} has learnt, and the config wants {tokenizer!r}")
    return state
