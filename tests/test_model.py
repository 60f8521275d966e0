"""Plans and parts: what fits together, what is refused, and which weights a model has."""

import pytest

from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.errors import ConfigError, UnknownComponentError
from s2s_toolkit.model import ModelPlan, build_parts, complete_declaration, declared_weights, reference_parts
from s2s_toolkit.weights import Weight


def config(**sections):
    return ModelConfig.model_validate({"embedding_size": 5, **sections})


def test_sizes_pass_from_part_to_part(registry):
    parts = build_parts(
        config(encoder={"name": "lstm", "size": 3}, decoder={"name": "luong", "size": 7, "readout_size": 11}),
        registry,
        "numpy",
    )
    assert (parts.encoder.input_size, parts.encoder.memory_size) == (5, 6)
    assert (parts.decoder.embedding_size, parts.decoder.memory_size, parts.decoder.readout_size) == (5, 6, 11)
    assert (parts.scorer.query_size, parts.scorer.memory_size) == (7, 6)


def dot_config(decoder_size):
    sections = {"encoder": {"name": "gru", "size": 3}, "decoder": {"name": "bahdanau", "size": decoder_size}}
    return config(attention={"name": "dot"}, **sections)


def test_dot_with_unequal_sizes_is_refused_with_the_remedy(registry):
    with pytest.raises(ConfigError) as caught:
        reference_parts(dot_config(decoder_size=5), registry, "numpy")
    message = str(caught.value)
    assert message.startswith("[model.attention] 'dot' needs a decoder state as large as the encoder's output")
    assert "given 5 and 6; set model.decoder.size = 6, or use 'general'" in message


def test_dot_with_the_recommended_size_is_accepted(registry):
    assert reference_parts(dot_config(decoder_size=6), registry, "numpy").decoder.query_size == 6


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"encoder": {"name": "gru", "sise": 3}}, r"unknown key 'model\.encoder\.sise'; did you mean 'size'\?"),
        ({"attention": {"name": "concat", "sise": 3}}, r"unknown key 'model\.attention\.sise'; did you mean 'size'\?"),
        ({"decoder": {"name": "luong", "input_feding": True}}, "did you mean 'input_feeding'"),
        ({"decoder": {"name": "bahdanau", "input_feeding": True}}, r"unknown key 'model\.decoder\.input_feeding'"),
        ({"encoder": {"name": "gru", "input_size": 3}}, r"unknown key 'model\.encoder\.input_size'"),
        ({"encoder": {"name": "gru", "size": 0}}, r"\[model\.encoder\] .* given 0, 1, 0\.0"),
        ({"encoder": {"name": "lstm", "dropout": 1.0}}, r"\[model\.encoder\] .* given 256, 1, 1\.0"),
        ({"decoder": {"name": "luong", "num_layers": 0}}, r"\[model\.decoder\] .* given 256, 0, 0\.0, 0"),
        ({"decoder": {"name": "luong", "readout_size": -3}}, r"\[model\.decoder\] .* given 256, 1, 0\.0, -3"),
        (
            {"decoder": {"name": "luong", "size": 5, "bridge": "copy"}, "encoder": {"name": "gru", "size": 3}},
            r"\[model\.decoder\] bridge 'copy' needs a state as large as the encoder's summary, given 5 and 6; "
            r"set model\.decoder\.size = 6, or use 'linear'",
        ),
        ({"decoder": {"name": "luong", "bridge": "none"}}, r"'model\.decoder\.bridge': .* 'zero', given 'none'"),
        ({"decoder": {"name": "luong", "cell": "rnn"}}, r"'model\.decoder\.cell': .* 'gru' or 'lstm', given 'rnn'"),
        ({"attention": {"name": "additive", "size": 0}}, r"\[model\.attention\] size must be at least 1, given 0"),
        ({"attention": {"name": "scaled_dot", "size": -1}}, r"\[model\.attention\] size must be at least 1, given -1"),
        ({"attention": {"name": "concat", "size": 0}}, r"\[model\.attention\] size must be at least 1, given 0"),
        ({"attention": {"name": "general", "size": 3}}, r"unknown key 'model\.attention\.size'; known: name"),
    ],
)
def test_option_that_can_not_work_is_refused(sections, message, registry):
    with pytest.raises(ConfigError, match=message):
        reference_parts(config(**sections), registry, "numpy")


@pytest.mark.parametrize("section", ["encoder", "attention", "decoder"])
def test_unknown_part_is_refused(section, registry):
    with pytest.raises(UnknownComponentError, match=r"called 'transformer' for numpy; installed: \w+"):
        reference_parts(config(**{section: {"name": "transformer"}}), registry, "numpy")


def test_declared_weights_are_those_of_the_layout(registry):
    two_ways = config(
        encoder={"name": "lstm", "size": 3},
        attention={"name": "additive", "size": 7},
        decoder={"name": "luong", "size": 4, "num_layers": 2, "readout_size": 9},
    )
    plan = ModelPlan(two_ways, source_size=11, target_size=13)
    declared = declared_weights(plan, build_parts(two_ways, registry, "numpy"))
    assert {name: weight.shape for name, weight in declared.items()} == {
        "source_embedding": (11, 5),
        "target_embedding": (13, 5),
        "encoder.layers.0.forward.input_kernel": (5, 12),
        "encoder.layers.0.forward.recurrent_kernel": (3, 12),
        "encoder.layers.0.forward.bias": (12,),
        "encoder.layers.0.backward.input_kernel": (5, 12),
        "encoder.layers.0.backward.recurrent_kernel": (3, 12),
        "encoder.layers.0.backward.bias": (12,),
        "attention.query.kernel": (4, 7),
        "attention.key.kernel": (6, 7),
        "attention.key.bias": (7,),
        "attention.energy": (7,),
        "decoder.bridge.kernel": (6, 8),
        "decoder.bridge.bias": (8,),
        "decoder.layers.0.input_kernel": (5 + 9, 12),
        "decoder.layers.0.recurrent_kernel": (4, 12),
        "decoder.layers.0.input_bias": (12,),
        "decoder.layers.0.recurrent_bias": (12,),
        "decoder.layers.1.input_kernel": (4, 12),
        "decoder.layers.1.recurrent_kernel": (4, 12),
        "decoder.layers.1.input_bias": (12,),
        "decoder.layers.1.recurrent_bias": (12,),
        "decoder.readout.kernel": (4 + 6, 9),
        "decoder.readout.bias": (9,),
        "output.kernel": (9, 13),
        "output.bias": (13,),
    }


def test_normalized_layers_and_another_bridge_change_what_is_declared(registry):
    def declared(encoder_options, decoder_options):
        deep = config(
            encoder={"name": "gru", "size": 3, "num_layers": 2, **encoder_options},
            decoder={"name": "bahdanau", "size": 6, "num_layers": 2, **decoder_options},
        )
        weights = declared_weights(ModelPlan(deep, 11, 13), build_parts(deep, registry, "numpy"))
        return {name: weight.shape for name, weight in weights.items()}

    plain, changed = declared({}, {}), declared({"layer_norm": True}, {"layer_norm": True, "bridge": "copy"})
    assert plain.keys() - changed.keys() == {"decoder.bridge.kernel", "decoder.bridge.bias"}
    assert {name: changed[name] for name in changed.keys() - plain.keys()} == {
        f"{part}.norms.{layer}.{array}": (6,)
        for part in ("encoder", "decoder")
        for layer in (0, 1)
        for array in ("scale", "bias")
    }


def test_every_declared_weight_changes_the_logits(tiny_model, tiny_sources):
    tiny = tiny_model(decoder={"name": "luong", "size": 5, "num_layers": 2, "readout_size": 3})
    before = second_logits(tiny, *tiny_sources([5, 3]))
    for name, array in tiny.weights.items():
        tiny.model.load_weights(tiny.weights | {name: array + 0.5 * (1 + abs(array))})
        assert abs(second_logits(tiny, *tiny_sources([5, 3])) - before).max() > 1e-4, name


def second_logits(tiny, source_ids, source_lengths):
    """The logits of the second step."""
    stepper = tiny.stepper
    previous = source_lengths * 0 + 2
    _, _, state = stepper.step(previous, stepper.start(source_ids, source_lengths, 1))
    return stepper.step(previous, state)[0]


def test_native_part_declares_nothing(tiny_model):
    class Native:
        memory_size = 6

    tiny = tiny_model()
    parts = type(tiny.parts)(Native(), tiny.parts.scorer, tiny.parts.decoder)
    assert not any(name.startswith("encoder") for name in declared_weights(tiny.plan, parts))


def test_declaration_is_completed_with_guesses_for_what_is_not_declared():
    declared = {"known": Weight((3, 5), "orthogonal")}
    complete = complete_declaration(declared, {"known": (3, 5), "matrix": (5, 7), "vector": (7,)})
    assert complete == {
        "known": Weight((3, 5), "orthogonal"),
        "matrix": Weight((5, 7), "glorot"),
        "vector": Weight((7,), "zeros"),
    }


def test_declared_array_that_the_model_lacks_is_left_out():
    assert complete_declaration({"unused": Weight((3,))}, {"used": (5,)}).keys() == {"used"}


def test_shape_that_differs_from_the_declared_one_is_refused():
    with pytest.raises(ConfigError, match=r"'w' has shape \(5, 3\), the reference part declares \(3, 5\)"):
        complete_declaration({"w": Weight((3, 5))}, {"w": (5, 3)})
