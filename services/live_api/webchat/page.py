"""The page that a site shows in a frame, and what browsers are told they may do with it. Pure."""

from collections.abc import Mapping, Sequence
from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="greenroom-colour" content="{colour}">
<title>{title}</title>
<link rel="stylesheet" href="webchat/webchat.css">
</head>
<body>
<noscript>This chat needs JavaScript.</noscript>
<script src="webchat/webchat.js"></script>
</body>
</html>
"""


def page(title: str, colour: str) -> str:
    return _PAGE.format(title=escape(title), colour=escape(colour))


def page_headers(origins: Sequence[str]) -> Mapping[str, str]:
    """Only what the page brings itself may run, and only the sites in `origins` may frame it, and its own one."""
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src https: http:",
        "media-src https: http:",
        "base-uri 'none'",
        "form-action 'none'",
        " ".join(["frame-ancestors 'self'", *origins]),
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }


def may_open(origin: str | None, own: str, allowed: Sequence[str]) -> bool:
    """Whether a page from `origin` may open a session. Programs say no origin, browsers always do."""
    return origin is None or origin in {own.rstrip("/"), *allowed}
