"""What the program says beside its results: lines on stderr, under its name."""

import click


def tell(message: str) -> None:
    """Write one line, whatever the message holds."""
    click.echo(f"s2s: {' '.join(message.splitlines())}", err=True)


def warn(message: str) -> None:
    """Write one line about something that did not stop the work."""
    tell(f"warning: {message}")
