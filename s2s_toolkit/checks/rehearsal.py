"""Differentiate a small model with a plugin's parts: what its framework can't do is told before a training starts.

`part_checks` calls each function of a part alone, a portable one in numpy. What is left shows only in the framework and
in the whole: an operation that cuts the gradient off or makes it NaN, a graph that can't be traced, how a native
decoder unrolls.
"""

import numpy as np

from s2s_toolkit.batches import make_batch
from s2s_toolkit.blame import blame, culprit, named
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.errors import PluginError, S2SError, one_line
from s2s_toolkit.loading import build_model
from s2s_toolkit.model import ModelPlan, complete_declaration, declared_weights, part_offers, reference_parts
from s2s_toolkit.registry import CORE, Registry
from s2s_toolkit.weights import initial_weights

EXAMPLES = (((4, 5, 6), (4,)), ((7,), (5, 6)))
"""Ids of two sources and their targets; both sides are padded."""
VOCABULARY_SIZE, SEED = 8, 1


def rehearse(config: ModelConfig, registry: Registry, framework: str) -> None:
    """Take the gradients of a model; PluginError names the part of a plugin that fails, or all that may have.

    The core's parts and the framework's own need no rehearsal, so a model of these costs nothing.
    """
    trusted = CORE, registry.find_offer("framework", framework).plugin
    offers = part_offers(config, registry, framework).items()
    suspects = " and ".join(named(kind, offer) for kind, offer in offers if offer.plugin not in trusted)
    if not suspects:
        return
    try:
        gradients = _gradients(ModelPlan(config, VOCABULARY_SIZE, VOCABULARY_SIZE), registry, framework)
    except S2SError:
        raise
    except Exception as error:  # whatever a third party's part raises, or makes its framework raise
        failed, found = f"fails in {framework}", culprit(error, registry)
        if found:
            raise blame(error, *found, failed) from error
        raise PluginError(f"{suspects} {failed}: {one_line(error)}") from error
    for name, gradient in gradients.items():
        if not np.isfinite(gradient).all():
            raise PluginError(f"{suspects}: the gradient of weight {name!r} is not finite in {framework}")


def _gradients(plan: ModelPlan, registry: Registry, framework: str) -> dict[str, np.ndarray]:
    model = build_model(plan, registry, framework)
    declared = declared_weights(plan, reference_parts(plan.config, registry, framework))
    shapes = {name: array.shape for name, array in model.weights().items()}
    model.load_weights(initial_weights(complete_declaration(declared, shapes), SEED))
    return model.gradients(make_batch(EXAMPLES))
