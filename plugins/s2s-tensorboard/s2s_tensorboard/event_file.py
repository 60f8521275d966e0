"""Write a file that TensorBoard reads."""

import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

VERSION = "brain.Event:2"
"""Of the format; from this one on, readers heed a restart."""


class EventFile:
    """Summaries by step, in a new file of a folder.

    Made of TensorBoard's own records, not with its `EventFileWriter`, which imports TensorFlow wherever that is
    installed, nor with tensorboardX, which does so with PyTorch: a training has one framework in memory.

    Args:
        folder: Where all files of one training lie; made if needed.
        first_step: The step after which summaries come. What earlier files say of it and of later ones is outdated.
    """

    def __init__(self, folder: Path, *, first_step: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # readers take the files of a folder by name, so the name begins with the time
        self._file = (folder / f"events.out.tfevents.{time.time():.6f}.s2s").open("xb")
        self._records = RecordWriter(self._file)
        self._write(Event(file_version=VERSION))
        self._write(Event(step=first_step, session_log=SessionLog(status=SessionLog.START)))

    def add(self, step: int, summary: Summary) -> None:
        """Append a summary."""
        self._write(Event(step=step, summary=summary))

    def flush(self) -> None:
        """Let readers see what was added."""
        self._file.flush()

    def close(self) -> None:
        """Let readers see what was added; nothing more comes."""
        self._file.close()

    def _write(self, event: Event) -> None:
        event.wall_time = time.time()
        self._records.write(event.SerializeToString())
