"""What this package offers; importing it does not import MLflow."""

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl


@hookimpl
def s2s_training_observers() -> list[Component]:
    return [Component("mlflow", ANY, "s2s_mlflow.observer:MlflowObserver", "an MLflow run with metrics and config")]
