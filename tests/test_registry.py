"""The registry: how parts are found, chosen and loaded, and what is said when that can't be."""

import subprocess
import sys

import pytest

import s2s_toolkit
from s2s_toolkit import builtin
from s2s_toolkit.components import ANY, HOOKS, Component
from s2s_toolkit.errors import PluginError, UnknownComponentError
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.registry import CORE, Registry
from s2s_toolkit.testing.requirements import require


class Scorers:
    """A plugin that offers attention scorers."""

    def __init__(self, *components):
        self.components = components

    @hookimpl
    def s2s_attention_scorers(self):
        return self.components


def scorer(name, framework=ANY, target="string:capwords"):
    return Component(name, framework, target, "")


def registry_of(**plugins):
    registry = Registry()
    for name, components in plugins.items():
        register_plugin(registry, Scorers(*components), name)
    return registry


def test_built_in_parts_come_through_the_same_hooks():
    registry = Registry()
    register_plugin(registry, builtin, CORE, s2s_toolkit.__version__)
    assert registry.failures == {}
    ours = {kind: [o for o in offers if o.plugin == CORE] for kind, offers in load_registry().offers.items()}
    assert registry.offers == ours
    assert [kind for kind, offers in ours.items() if not offers] == ["training observer"]


def test_every_built_in_part_can_be_loaded():
    registry = Registry()
    register_plugin(registry, builtin, CORE)
    for kind, offers in registry.offers.items():
        for offer in offers:
            assert registry.load(kind, offer.component.name, offer.component.framework), offer


def test_every_built_in_part_has_a_summary_in_one_line():
    for offers in load_registry().offers.values():
        for offer in offers:
            assert offer.component.summary, offer
            assert "\n" not in offer.component.summary


def test_unknown_name_is_refused_with_those_there_are():
    registry = registry_of(first=[scorer("b"), scorer("a", "torch")], second=[scorer("c", "tensorflow")])
    with pytest.raises(UnknownComponentError) as caught:
        registry.find("attention scorer", "d", "torch")
    assert str(caught.value) == "no attention scorer called 'd' for torch; installed: a, b"


def test_unknown_name_of_a_kind_without_parts_says_none():
    with pytest.raises(
        UnknownComponentError,
        match=r"^no exporter called .onnx.; installed: none; more come with pip install .*onnx-export",
    ):
        Registry().find("exporter", "onnx")


@pytest.mark.parametrize(
    ("loaded", "left_out", "told"),
    [
        ((), (), '; more come with pip install "s2s-toolkit[torch]" or "s2s-toolkit[tensorflow]"'),
        (("s2s-torch",), (), '; more come with pip install "s2s-toolkit[tensorflow]"'),
        (("s2s-torch", "s2s-tensorflow"), (), ""),
        (("s2s-torch",), ("s2s-tensorflow", "s2s-mine"), "; S2S_PLUGINS leaves out s2s-mine, s2s-tensorflow"),
        (
            (),
            ("s2s-torch",),
            '; S2S_PLUGINS leaves out s2s-torch; more come with pip install "s2s-toolkit[tensorflow]"',
        ),
    ],
)
def test_what_would_bring_more_parts_is_neither_there_nor_left_out(loaded, left_out, told):
    registry = registry_of(**{plugin: [scorer("a")] for plugin in loaded})
    registry.left_out.update(left_out)
    with pytest.raises(UnknownComponentError) as caught:
        registry.find("framework", "jax")
    assert str(caught.value) == f"no framework called 'jax'; installed: none{told}"


def test_part_of_another_framework_is_not_found():
    registry = registry_of(plugin=[scorer("a", "torch")])
    assert not registry.has("attention scorer", "a", "tensorflow")
    with pytest.raises(UnknownComponentError, match=r"called 'a' for tensorflow; installed: none"):
        registry.find("attention scorer", "a", "tensorflow")


@pytest.mark.parametrize("native_first", [True, False])
def test_part_made_for_the_framework_wins_over_a_portable_one(native_first):
    native, portable = scorer("a", "torch"), scorer("a")
    registry = registry_of(plugin=[native, portable] if native_first else [portable, native])
    assert registry.find("attention scorer", "a", "torch") is native
    assert registry.find("attention scorer", "a", "tensorflow") is portable
    assert registry.find("attention scorer", "a") is portable


def test_name_that_two_plugins_offer_is_refused_when_it_is_used():
    registry = registry_of(first=[scorer("a"), scorer("b")], second=[scorer("a")])
    assert registry.names("attention scorer") == ["a", "b"]
    assert registry.find("attention scorer", "b").name == "b"
    with pytest.raises(UnknownComponentError, match="attention scorer 'a' is offered by first and second"):
        registry.find("attention scorer", "a")


def test_name_that_one_plugin_offers_twice_is_refused_when_it_is_used():
    registry = registry_of(plugin=[scorer("a"), scorer("a")])
    with pytest.raises(UnknownComponentError, match=r"^attention scorer 'a' is offered by plugin twice; remove or"):
        registry.find("attention scorer", "a")


def test_part_that_is_there_for_another_framework_alone_names_its_plugin():
    registry = registry_of(plugin=[scorer("a", "pytorch")], other=[scorer("b")])
    with pytest.raises(UnknownComponentError) as caught:
        registry.find("attention scorer", "a", "torch")
    said = "no attention scorer called 'a' for torch; installed: b; plugin offers it for pytorch"
    assert str(caught.value) == said


def test_clash_of_portable_parts_does_not_bother_a_framework_with_its_own():
    registry = registry_of(first=[scorer("a"), scorer("a", "torch")], second=[scorer("a")])
    assert registry.find("attention scorer", "a", "torch").framework == "torch"


def test_load_imports_the_object():
    import string

    assert registry_of(plugin=[scorer("a")]).load("attention scorer", "a") is string.capwords


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("no_such_module:Thing", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("string:no_such_thing", "no_such_thing"),
        ("string:capwords.absent", "AttributeError: 'function' object has no attribute 'absent'"),
    ],
)
def test_target_that_does_not_exist_is_named_when_it_is_used(target, reason):
    registry = registry_of(plugin=[scorer("a", target=target)])
    assert registry.failures == {}
    with pytest.raises(PluginError) as caught:
        registry.load("attention scorer", "a")
    assert str(caught.value).startswith(f"attention scorer 'a' of plugin can't be loaded from {target}: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize("target", ["string", ":Thing", "string:", "a/b.py:Thing", "string:cap words"])
def test_target_of_another_form_is_refused_when_it_is_offered(target):
    with pytest.raises(ValueError, match=f'the target of .a. must be "module:object", given {target!r}'):
        scorer("a", target=target)


@pytest.mark.parametrize("name", ["", "two words", "a.b", "a=b"])
def test_name_that_no_config_can_say_is_refused_when_it_is_offered(name):
    with pytest.raises(ValueError, match="a part's name has letters, digits, '_' and '-', given"):
        scorer(name)


class Part:
    """A part that is offered as it is, without quotes."""


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            ("x", ANY, Part, ""),
            f'the target of a Component is a string, given {Part!r}; write "{__name__}:Part"',
        ),
        ((3, ANY, "string:capwords", ""), "the name of a Component is a string, given 3"),
        (("x", None, "string:capwords", ""), "the framework of a Component is a string, given None"),
        (("x", ANY, "string:capwords", ["a", "b"]), "the summary of a Component is a string, given ['a', 'b']"),
    ],
)
def test_component_of_what_is_no_string_is_refused(fields, line):
    with pytest.raises(TypeError) as caught:
        Component(*fields)
    assert str(caught.value) == line


def forgotten():
    """A hook, but for the decorator."""
    return []


@pytest.mark.parametrize(
    ("name", "hook", "line"),
    [
        (
            "s2s_encodrs",
            hookimpl(lambda self: []),
            f"there is no hook 's2s_encodrs'; did you mean 's2s_encoders'? hooks: {', '.join(HOOKS.values())}",
        ),
        (
            "s2s_encoders",
            hookimpl(lambda self, config: []),
            "s2s_encoders has a wrong signature; a hook takes no arguments",
        ),
        ("s2s_encoders", forgotten, "s2s_encoders is not decorated with @hookimpl"),
        (
            "s2s_encodrs",
            forgotten,
            "s2s_encodrs is no hook and not decorated with @hookimpl; did you mean 's2s_encoders'?",
        ),
        (
            "s2s_training_observer",
            forgotten,
            "s2s_training_observer is no hook and not decorated with @hookimpl; did you mean 's2s_training_observers'?",
        ),
    ],
)
def test_plugin_with_a_hook_that_is_none_is_refused_whole(name, hook, line):
    plugin, registry = type("Plugin", (Scorers,), {name: hook})(scorer("a")), Registry()
    with pytest.raises(PluginError) as caught:
        register_plugin(registry, plugin, "plugin")
    assert str(caught.value) == line
    assert registry == Registry()


def test_other_functions_of_a_plugin_are_its_own_affair():
    plugin, registry = Scorers(scorer("a")), Registry()
    for name in ("s2s_helper", "s2s_scores", "encoders", "s2s"):
        setattr(plugin, name, forgotten)
    register_plugin(registry, plugin, "plugin")
    assert registry.names("attention scorer") == ["a"]


def test_plugin_without_a_hook_is_refused():
    with pytest.raises(
        PluginError, match=r"^it has no hook; decorate a function that is called like one with @hookimpl"
    ):
        register_plugin(Registry(), object(), "plugin")


def late():
    """A hook that offers something before it fails."""
    yield scorer("x")
    raise OSError("late")


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        (lambda: None, "it must return a list of Components, and returned None"),
        (lambda: 3, "it must return a list of Components, and returned 3"),
        (
            lambda: scorer("x"),
            "it must return a list of Components, and returned Component(name='x', framework='any', ",
        ),
        (lambda: ["half"], "it must return a list of Components, and 'half' is none"),
        (late, "OSError: late"),
        (lambda: sys.exit(), "SystemExit"),
        (
            lambda: [Component("x", ANY, "x", "")],
            """ValueError: the target of 'x' must be "module:object", given 'x'""",
        ),
    ],
)
def test_hook_that_fails_is_skipped_and_the_plugins_others_are_not(hook, reason):
    hooks = {"s2s_encoders": hookimpl(lambda self: hook())}
    registry = Registry()
    register_plugin(registry, type("Plugin", (Scorers,), hooks)(scorer("a")), "plugin")
    assert registry.failures["plugin"].startswith(f"s2s_encoders: {reason}")
    assert (registry.names("attention scorer"), registry.names("encoder")) == (["a"], [])


def test_every_hook_that_fails_is_told_and_the_others_count():
    class Plugin(Scorers):
        @hookimpl
        def s2s_encoders(self):
            raise OSError("disk on fire")

        @hookimpl
        def s2s_metrics(self):
            return [None]

    registry = Registry()
    register_plugin(registry, Plugin(scorer("a")), "plugin")
    told = "s2s_encoders: OSError: disk on fire; s2s_metrics: it must return a list of Components, and None is none"
    assert registry.failures == {"plugin": told}
    assert registry.names("attention scorer") == ["a"]


def test_hook_may_be_named_in_the_marker():
    class Plugin:
        @hookimpl(specname="s2s_attention_scorers")
        def mine(self):
            return [scorer("a")]

    registry = Registry()
    register_plugin(registry, Plugin(), "plugin")
    assert registry.names("attention scorer") == ["a"]


def test_hook_may_be_a_generator():
    class Plugin:
        @hookimpl
        def s2s_attention_scorers(self):
            yield scorer("a")
            yield scorer("b")

    registry = Registry()
    register_plugin(registry, Plugin(), "plugin")
    assert registry.names("attention scorer") == ["a", "b"]


def test_kinds_and_hooks_belong_together():
    assert list(Registry().offers) == list(HOOKS)
    assert len(set(HOOKS.values())) == len(HOOKS) == 10


def test_loading_the_registry_imports_no_framework():
    code = (
        "import sys; from s2s_toolkit.plugins import load_registry; registry = load_registry(); "
        "assert not registry.failures, registry.failures; "
        "frameworks = 'torch', 'tensorflow', 'keras', 'onnxruntime', 'onnx', 'spox'; "
        "print([name for name in frameworks if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_portable_part_may_not_hide_behind_a_built_in_native_one():
    require("torch")
    registry = load_registry()
    plugin = type(
        "Plugin", (), {"s2s_encoders": hookimpl(lambda self: [Component("gru", ANY, "string:capwords", "")])}
    )()
    register_plugin(registry, plugin, "taken.py")
    for framework in ("numpy", "torch"):
        with pytest.raises(UnknownComponentError, match=r"encoder 'gru' is offered by s2s-toolkit and taken\.py; "):
            registry.find("encoder", "gru", framework)
    assert registry.find("encoder", "lstm", "torch").framework == "torch"


def test_unknown_name_has_a_close_one():
    with pytest.raises(UnknownComponentError, match="no metric called 'sser'; did you mean 'ser'\\? installed: bleu"):
        load_registry().find("metric", "sser")


def test_registry_is_shown_in_a_line():
    assert repr(registry_of(mine=[scorer("a")])) == "<Registry of mine>"
