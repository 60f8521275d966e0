import json

import pytest

from s2s_toolkit.exporter import open_translator


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
