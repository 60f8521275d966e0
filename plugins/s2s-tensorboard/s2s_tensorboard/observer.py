"""The observer `tensorboard`: a training's curves and config, in event files."""

from collections.abc import Mapping
from pathlib import Path

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.text.summary_v2 import text_pb

from s2s_tensorboard.event_file import EventFile
from s2s_toolkit.curves import Curves, flat_values
from s2s_toolkit.observers import End, Start, Validation

FOLDER = "tensorboard"
"""In the run directory."""


class TensorBoardObserver(Curves):
    """Curves as scalars, the config as text and as hyperparameters.

    A resumed run goes on in the same curves: what was drawn after the validation that it resumes from is withdrawn.

    Args:
        folder: Where to write; by default tensorboard/ in the run directory. One training, one folder.
        every: Steps between points of the training loss.
    """

    def __init__(self, *, folder: str = "", every: int = 10) -> None:
        super().__init__(every)
        self.folder = folder
        self.file: EventFile  # once training has started

    def on_start(self, event: Start) -> None:
        """Begin a file, with the config in it."""
        folder = Path(self.folder) if self.folder else event.run.path / FOLDER
        self.file = EventFile(folder, first_step=event.step + 1)
        config = (event.run.path / "config.toml").read_text(encoding="utf-8")
        # Markdown shows what is indented as it is
        self.file.add(event.step, text_pb("config", "".join(f"    {line}" for line in config.splitlines(True))))
        self.file.add(event.step, hparams_pb(flat_values(event.run.config), trial_id=event.run.path.absolute().name))
        self.file.flush()

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Draw points."""
        self.file.add(step, Summary(value=[Summary.Value(tag=n, simple_value=v) for n, v in values.items()]))

    def on_validation(self, event: Validation) -> None:
        """Draw its values, and show everything so far."""
        super().on_validation(event)
        self.file.flush()

    def on_end(self, event: End) -> None:
        """Close the file."""
        self.file.close()

    def on_error(self, error: BaseException) -> None:
        """Close the file; what was drawn since the last validation stays, as far as a run isn't resumed."""
        self.file.close()
