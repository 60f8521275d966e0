"""What the program says beside its results: lines on stderr, under its name."""

import click


def tell(message: str) -> None:
    """Write one line, whatever the message holds."""
    click.echo(f"s2s: {' '.join(message.splitlines())}", err=True)


def warn(message: str) -> None:
    """Write one line about something that did not stop the work."""
    tell(f"warning: {message}")


def number(value: float) -> str:
    """For people: `1,234`, `0.1234`."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.4g}"
