"""What the program says beside its results: lines on stderr, under its name."""

import click

BEGINNING, END = 600, 300
"""Characters shown of a message that has more, as one that quotes a file; its end says what to do."""


def tell(message: str) -> None:
    """Write one line, whatever the message holds."""
    line = " ".join(message.splitlines())
    if len(line) > BEGINNING + END:
        line = f"{line[:BEGINNING]} … {line[-END:]}"
    click.echo(f"s2s: {line}", err=True)


def warn(message: str) -> None:
    """Write one line about something that did not stop the work."""
    tell(f"warning: {message}")
