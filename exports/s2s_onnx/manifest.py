"""The manifest of the steps form: what an app that has its own loop needs to know, as JSON."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from s2s_onnx.session import Device
from s2s_onnx.settings import Settings
from s2s_onnx.sides import text_sides, tokenizers_of
from s2s_onnx.stepper import OnnxStepper
from s2s_toolkit.errors import ModelFileError
from s2s_toolkit.files import file_digest, is_plain_name
from s2s_toolkit.formats import require_format
from s2s_toolkit.loading import make_strategy
from s2s_toolkit.registry import Registry
from s2s_toolkit.symbols import BOS, EOS, PAD, UNK
from s2s_toolkit.translator import Translator

MANIFEST = "manifest.json"
FORMAT = 1
SPECIAL_IDS = {"pad": PAD, "unk": UNK, "bos": BOS, "eos": EOS}
FILES = ("encoder", "decoder_step")
NEEDED = {
    "files": dict,
    "memory": list,
    "state": list,
    "target_symbols": int,
    "max_source_length": int,
    "strategy": str,
    "fixed": dict,
    "settings": dict,
}


def encode_manifest(content: Mapping[str, Any]) -> str:
    """The JSON text, format and special ids included."""
    return json.dumps({"format": FORMAT, "special_ids": SPECIAL_IDS, **content}, ensure_ascii=False, indent=1) + "\n"


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a folder's manifest says, once its files are known to be those that were written with it."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFileError(f"{folder} is no exported model: can't read {path.name}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is damaged ({type(error).__name__}); export it again") from error
    if not isinstance(content, dict):
        raise ModelFileError(f"{path} is damaged (it holds a {type(content).__name__}); export it again")
    require_format(content.get("format"), FORMAT, path, error=ModelFileError, writer=content.get("toolkit"))
    for name, kind in NEEDED.items():
        if not isinstance(content.get(name), kind):
            raise ModelFileError(f"{path} is damaged (no {name!r}); export it again")
    if not all(isinstance(name, str) for name in (*content["memory"], *content["state"])):
        raise ModelFileError(f"{path} is damaged (a state without a name); export it again")
    for name in FILES:
        _check_file(folder, content["files"].get(name))
    return content


def open_steps(
    folder: Path, registry: Registry, settings: Mapping[str, int | float], *, device: Device = "auto"
) -> Translator:
    """A translator that decodes with the toolkit's own loop; `settings` overlay the manifest's."""
    manifest = read_manifest(folder)
    stepper = OnnxStepper(folder, manifest, device=device)
    return stepping_translator(stepper, manifest, str(folder), registry, settings, limited=True)


def stepping_translator(
    stepper: OnnxStepper,
    manifest: Mapping[str, Any],
    where: str,
    registry: Registry,
    settings: Mapping[str, int | float] | None = None,
    *,
    limited: bool = False,
) -> Translator:
    """As `open_steps`, of what is open already; `where` names the folder in errors.

    Sources that are longer than those of the training are refused where it is `limited`.
    """
    source, target = text_sides(manifest, where, tokenizers_of(registry))
    if len(target.vocabulary) != stepper.vocabulary_size:
        raise ModelFileError(f"{where} is damaged (its target vocabulary is not the model's); export it again")
    strategy = make_strategy(manifest["strategy"], manifest["fixed"], registry)
    known = Settings(where, manifest["strategy"], manifest["settings"], manifest["fixed"])
    chosen = known.checked(manifest["settings"]) | known.checked(settings or {})
    return Translator(
        stepper,
        source,
        target,
        strategy,
        {name: value.item() for name, value in chosen.items()},
        max_source_length=manifest["max_source_length"] if limited else None,
        limited_by=f"max_source_length in {MANIFEST}",
    )


def _check_file(folder: Path, entry: Any) -> None:
    name, digest = (entry.get("name"), entry.get("sha256")) if isinstance(entry, dict) else (None, None)
    if not is_plain_name(name):
        raise ModelFileError(f"{folder / MANIFEST} is damaged (a file called {name!r}); export it again")
    try:
        found = file_digest(folder / name)
    except OSError as error:
        raise ModelFileError(f"can't read {folder / name}: {error.strerror}; export it again") from error
    if found != digest:
        raise ModelFileError(f"{folder / name} is damaged or not from this export; export it again")
