"""What this package offers; importing it does not import TensorBoard."""

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl


@hookimpl
def s2s_training_observers() -> list[Component]:
    return [
        Component("tensorboard", ANY, "s2s_tensorboard.observer:TensorBoardObserver", "curves for TensorBoard"),
    ]
