"""How many requests a service answers, and how fast: `python benchmarks/serving.py exports/models/dates-greedy.onnx`.

Starts `s2s serve`, asks it with wrk (Debian: `apt-get install wrk`) from 1, 8 and 64 connections, each of which asks
again as soon as it is answered, and prints a table. Every request has one text; an answer other than 200 ends it.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import click

CONNECTIONS = (1, 8, 64)
ASKING = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
done = function(summary, latency, requests)
  local wrong = summary.errors
  io.write(string.format('{"answers": %%d, "microseconds": %%d, "p50": %%d, "p99": %%d, "wrong": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    wrong.status + wrong.connect + wrong.read + wrong.write + wrong.timeout))
end
"""
"""wrk's script; latencies are in microseconds."""


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--text", default="25 December 2024", show_default=True, help="What every request asks for.")
@click.option("--seconds", default=15, show_default=True, help="Of each row.")
@click.argument("options", nargs=-1)
def main(model: Path, text: str, seconds: int, options: tuple[str, ...]) -> None:
    """Measure a service of MODEL; OPTIONS of `s2s serve` come after --."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk is not installed; on Debian: apt-get install wrk")
    with service(model, options) as address, tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "asking.lua"
        script.write_text(ASKING % json.dumps({"texts": [text]}), encoding="utf-8")
        click.echo("| connections | answers a second | median, ms | 99 %, ms | texts a batch |")
        click.echo("| --- | --- | --- | --- | --- |")
        for connections in CONNECTIONS:
            click.echo(row(address, script, connections, seconds))


def row(address: str, script: Path, connections: int, seconds: int) -> str:
    """What so many connections were answered."""
    asked = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "60s",
        "-s",
        script,
        f"{address}/translate",
    ]
    before = batches(address)
    done = subprocess.run(asked, check=True, capture_output=True, encoding="utf-8")
    found = json.loads(done.stdout.splitlines()[-1])
    if found["wrong"]:
        raise click.ClickException(f"{found['wrong']} requests were not answered with 200:\n{done.stdout}")
    count, texts = (after - earlier for after, earlier in zip(batches(address), before, strict=True))
    rate = found["answers"] / found["microseconds"] * 1e6
    return (
        f"| {connections} | {rate:,.0f} | {found['p50'] / 1e3:.1f} | {found['p99'] / 1e3:.1f} | {texts / count:.1f} |"
    )


def batches(address: str) -> tuple[float, float]:
    """How many batches there were so far, and how many texts were in them."""
    with urlopen(f"{address}/metrics") as answer:
        told = answer.read().decode()
    count, texts = (re.search(rf"^s2s_batch_texts_{name} (\S+)$", told, re.MULTILINE) for name in ("count", "sum"))
    if not count or not texts:
        raise click.ClickException("the service has no count of its batches")
    return float(count[1]), float(texts[1])


@contextmanager
def service(model: Path, options: Sequence[str]) -> Iterator[str]:
    """The address of a service in a process of its own."""
    command = [sys.executable, "-c", "from s2s_toolkit.cli import main; main()", "serve", str(model), "--port", "0"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, encoding="utf-8") as process:
        said = (process.stderr.readline() if process.stderr else "").rstrip()
        if " on http://" not in said:
            raise click.ClickException(said)
        try:
            yield said.rpartition(" on ")[2]
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
