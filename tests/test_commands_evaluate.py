import json

import pytest

from s2s_toolkit.opening import open_translator
from s2s_toolkit.testing.requirements import require


@pytest.mark.parametrize("framework", [(), ("--framework", "numpy")])
def test_a_run_is_scored_on_its_own_dev_pairs(s2s, tiny_run, framework):
    done = s2s("evaluate", tiny_run, *framework)
    assert done.stdout == "exact_match\t0.0000\nser\t100.0000\nwer\t100.0000\n"
    assert done.stderr.startswith("s2s: 5 pairs, 0 skipped for an empty side, ")
    assert done.stderr.endswith(" sentences/s\n")


def test_a_run_is_scored_on_given_pairs(s2s, run, folder, registry):
    right = open_translator(run, registry, options={"beam_size": 1})(["12 ab"])[0].text or "x"
    (folder / "test.tsv").write_text(f"12 ab\t{right}\n12 ab\t{right}?\n\t\n")
    done = s2s("evaluate", run, "test.tsv", "--metric", "wer", "-O", "beam_size=1")
    assert "2 pairs, 1 skipped" in done.stderr
    assert done.stdout.startswith("wer\t")


def test_one_object_of_json_says_everything(s2s, tiny_run):
    done = s2s("evaluate", tiny_run, "--json", "--metric", "ser", "--metric", "wer", "--framework", "numpy")
    found = json.loads(done.stdout)
    assert found.pop("sentences_per_second") > 0
    assert found == {"pairs": 5, "entries": 5, "skipped": 0, "metrics": {"ser": 100.0, "wer": 100.0}}


def test_metrics_of_text_and_symbols_come_from_one_evaluation(s2s, tiny_run):
    require("sacrebleu")
    names = ("bleu:lowercase=true", "sacrebleu", "sacrebleu:lowercase=true", "chrf", "ter")
    metrics = [word for name in names for word in ("--metric", name)]
    done = s2s("evaluate", tiny_run, "--json", "--framework", "numpy", *metrics)
    found = json.loads(done.stdout)
    assert list(found["metrics"]) == list(found["signatures"]) == list(names)
    assert "case:lc|eff:no|tok:13a" in found["signatures"]["sacrebleu:lowercase=true"]
    assert "s2s: sacrebleu: nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:" in done.stderr


def test_pairs_of_one_source_are_its_references(s2s, run, folder):
    (folder / "test.tsv").write_text("12 ab\tx12\n12 ab\tx\n12\t?\n")
    apart = s2s("evaluate", run, "test.tsv", "--metric", "exact_match")
    assert "s2s: a source comes again 1 time; with --group-sources" in apart.stderr
    assert apart.stderr.startswith("s2s: 3 pairs, 0 skipped")
    grouped = s2s("evaluate", run, "test.tsv", "--metric", "exact_match", "--group-sources")
    assert grouped.stderr.startswith("s2s: 2 entries with 3 references, 0 skipped")


def test_a_run_against_itself_does_not_differ(s2s, tiny_run):
    done = s2s("evaluate", tiny_run, "--against", tiny_run, "--framework", "numpy", "--metric", "ser")
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[:2] == [["metric", "value", "other"], ["ser", "100.0000", "100.0000"]]
    assert lines[3] == ["metric", "difference", "low", "high", "p"]
    assert lines[4] == ["ser", "+0.0000", "+0.0000", "+0.0000", "1.0000"]


def test_runs_with_other_symbols_are_compared_by_text_alone(s2s, tiny_run, run, folder):
    config = run / "config.toml"
    config.write_text(
        config.read_text().replace("[target]", "[target]\nlowercase = true").replace("lowercase = false", "")
    )
    (folder / "test.tsv").write_text("12 ab\tX12\n")
    compare = ("evaluate", tiny_run, "test.tsv", "--against", run, "--metric")
    done = s2s(*compare, "ser")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "the models cut targets into other symbols, so ser can't compare them" in done.stderr
    assert s2s(*compare, "cer").exit_code == 0


def test_two_parallel_files_are_a_runs_dev_pairs_too(s2s, run, folder):
    (folder / "dev.src").write_text("12 ab\n13 ab\n")
    (folder / "dev.tgt").write_text("x12\nx13\n")
    config = (run / "config.toml").read_text()
    start = config.index("dev = ")
    line = config[start : config.index("\n", start)]
    (run / "config.toml").write_text(config.replace(line, f'dev = ["{folder}/dev.src", "{folder}/dev.tgt"]'))
    assert "2 pairs, 0 skipped" in s2s("evaluate", run, "--framework", "numpy").stderr


def test_what_chose_the_best_checkpoint_is_computed_too(s2s, run):
    config = run / "config.toml"
    config.write_text(config.read_text().replace('metric = "loss"', 'metric = "bleu"'))
    shown = s2s("evaluate", run).stdout
    assert [line.split()[0] for line in shown.splitlines()] == ["exact_match", "ser", "wer", "bleu"]


def test_metric_of_a_missing_plugin_is_told_with_the_plugin(s2s, run):
    about = json.loads((run / "run.json").read_text())
    about["plugins"].append({"kind": "metric", "name": "rightness", "plugin": "mine.py", "version": ""})
    (run / "run.json").write_text(json.dumps(about))
    done = s2s("evaluate", run, "--metric", "rightness")
    assert done.exit_code == 2
    assert "the run was trained with that of mine.py: load it with --plugin .../mine.py" in done.stderr
