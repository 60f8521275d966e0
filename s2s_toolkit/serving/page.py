"""The page to try a model on: one answer that needs no other, and may load and run nothing but what it brings."""

import base64
import hashlib
import html
import re
from pathlib import Path
from string import Template

FILES = Path(__file__).parent / "templates"


def page(name: str) -> str:
    """The page for a model of a name."""
    markup, style, script = (
        FILES.joinpath(f"page.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
    )
    return Template(markup).substitute(name=html.escape(name), style=style, script=script)


def policy(shown: str) -> str:
    """The content security policy of a page: its own style and script by their digests, requests to its own host."""
    allowed = {f"{kind}-src": f"'sha256-{digest(shown, kind)}'" for kind in ("style", "script")}
    rules = {
        "default-src": "'none'",
        **allowed,
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{rule} {value}" for rule, value in rules.items())


def digest(shown: str, kind: str) -> str:
    """Of the one style or script in a page, as a policy names it."""
    (content,) = re.findall(f"<{kind}>(.*?)</{kind}>", shown, re.DOTALL)
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
