"""A training is stopped by a signal between two steps, so that nothing is lost."""


class Interrupted(KeyboardInterrupt):
    """A training was stopped where it can go on: its last checkpoint holds the newest step.

    Attributes:
        signal: What stopped it.
    """

    def __init__(self, step: int, signal: int) -> None:
        super().__init__(f"step {step} is in the last checkpoint, and --resume goes on from there")
        self.signal = signal
