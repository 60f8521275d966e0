"""What serving needs beside the core."""

from s2s_toolkit.errors import UnsupportedError


def require_serving() -> None:
    """UnsupportedError, with what to do, unless the packages of the extra are there."""
    try:
        import prometheus_client  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UnsupportedError(f'serving needs a package ({error}): pip install "s2s-toolkit[serve]"') from error
