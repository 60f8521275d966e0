"""The folder of a search: what is searched, and how far it is.

search.json     format, toolkit version, the config and what is tried
journal.log     Optuna's journal of the trials
trial-0000/     a run directory for each trial
best.toml       the config of the best trial
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import s2s_toolkit
from s2s_toolkit.config import Config, config_text
from s2s_toolkit.errors import RunError, one_line
from s2s_toolkit.files import atomic_folder, atomic_path, new_folder, require_absent
from s2s_toolkit.formats import require_format

FORMAT = 1


@dataclass(frozen=True)
class Place:
    """A folder that a search is in, or will be."""

    path: Path

    @property
    def journal(self) -> Path:
        """What Optuna writes."""
        return self.path / "journal.log"

    @property
    def best(self) -> Path:
        """The config of the best trial."""
        return self.path / "best.toml"

    def trial(self, number: int) -> Path:
        """The run directory of a trial."""
        return self.path / f"trial-{number:04}"

    def check(self, config: Config, tried: Sequence[str], *, resume: bool, force: bool) -> None:
        """Refuse what a new search may not replace, and to go on with another search."""
        about = self.path / "search.json"
        if resume:
            if not about.is_file():
                raise RunError(f"there is no search in {self.path} to go on with; leave --resume out to begin one")
            if _read(about) != _description(config, tried):
                raise RunError(
                    f"can't go on with {self.path}: the config or what is tried differs; begin anew with --force"
                )
        elif about.is_file():
            require_absent(self.path, force)
        elif self.path.exists() and any(self.path.iterdir() if self.path.is_dir() else [self.path]):
            raise RunError(f"{self.path} exists and is not a search; choose another place")

    def begin(self, config: Config, tried: Sequence[str]) -> None:
        """Write a new search in place of an older one, which goes when the new one is there."""
        about = {"toolkit": s2s_toolkit.__version__, **_description(config, tried)}
        text = json.dumps(about, ensure_ascii=False, indent=1) + "\n"
        if (self.path / "search.json").is_file():
            with atomic_folder(self.path) as folder:
                (folder / "search.json").write_text(text, encoding="utf-8")
            return
        with new_folder(self.path), atomic_path(self.path / "search.json") as temporary:
            temporary.write_text(text, encoding="utf-8")

    def write_best(self, config: Config) -> None:
        """Write the config of a trial that is better than those before it."""
        with atomic_path(self.best) as temporary:
            temporary.write_text(config_text(config), encoding="utf-8", newline="\n")


def _description(config: Config, tried: Sequence[str]) -> dict[str, object]:
    return {"format": FORMAT, "config": config.model_dump(mode="json"), "tried": list(tried)}


def _read(path: Path) -> dict[str, object]:
    """What `begin` wrote, without the version of the toolkit."""
    try:
        about = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise RunError(f"{path} is damaged ({error}); begin anew with --force") from error
    writer = about.pop("toolkit", None)
    require_format(about.get("format"), FORMAT, path, error=RunError, writer=writer)
    try:  # so that it has the keys that have come since
        about["config"] = Config.model_validate(about.get("config")).model_dump(mode="json")
    except ValueError as error:
        raise RunError(f"{path} is damaged ({one_line(error)}); begin anew with --force") from error
    return about
