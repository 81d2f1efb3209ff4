"""The start page and what browsers are told they may do with it. What fills the board is the script. Pure."""

from collections.abc import Mapping
from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Greenroom</title>
<link rel="icon" href="board/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="board/board.css">
<script type="module" src="board/board.js"></script>
</head>
<body>
<header>
 <h1>Greenroom</h1>
 <p>Rehearse in draft, go on in live.</p>
</header>
<main>
<nav class="services" aria-label="Services">
 <a class="service draft" href="{draft}/docs"><b>Draft</b> <span>Write intents and flows, train, try them out.
  Nothing here is seen by users.</span></a>
 <a class="service publisher" href="docs"><b>Publisher</b> <span>See what is unpublished, publish it, follow it, look at
  what was live.</span></a>
{preview} <a class="service live" href="{live}/docs"><b>LIVE</b> <span>Answers real users. It changes by publications,
  and by edits that say what they do.</span></a>
</nav>
<section aria-labelledby="bots">
 <div class="line">
  <h2 id="bots">Bots</h2>
  <p id="told" role="status"></p>
  <button id="leave" type="button" hidden>Forget the key</button>
 </div>
 <form id="enter" autocomplete="off">
  <label for="key">Key</label>
  <input id="key" type="password" autocomplete="off" spellcheck="false" required aria-describedby="where">
  <button>Show the bots</button>
  <p id="refused" role="alert"></p>
  <p id="where">The <code>admin_key</code> in <code>credentials</code> in the data folder
   (<code>data/credentials</code>, if nothing else was said), or any key of the publisher with the scope
   <code>publish:plan</code>. It stays in this tab, and is forgotten when the tab is closed.</p>
 </form>
 <noscript><p>The board of the bots needs JavaScript. <code>greenroom status BOT</code> says the same.</p></noscript>
 <ul id="board"></ul>
 <button id="more" type="button" hidden>Show more bots</button>
</section>
<section aria-labelledby="first-steps">
<h2 id="first-steps">First steps</h2>
<p>Every explorer takes the admin key under <em>Authorize</em>; it is in <code>credentials</code> in the data folder.
On the command line the key is found by itself, in the folder where <code>make up</code> was said:</p>
<pre tabindex="0">. .venv/bin/activate
greenroom import samples/railway
greenroom train "Tern Valley Railway"
greenroom publish "Tern Valley Railway" --notes "First night"
greenroom chat "Tern Valley Railway"</pre>
</section>
</main>
</body>
</html>
"""

_PREVIEW = """ <a class="service preview" href="{url}/docs"><b>Preview</b> <span>Draft as it was last published for
  rehearsal, with channels of its own. Users never meet it.</span></a>
"""

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
"""Only what the page brings itself may run, it speaks to its own service alone, and no site may frame it."""


def start_page(draft_url: str, targets: Mapping[str, str]) -> str:
    """`targets` are the public URLs of live and, where there is one, of the preview."""
    preview = _PREVIEW.format(url=escape(targets["preview"], quote=True)) if "preview" in targets else ""
    return _PAGE.format(draft=escape(draft_url, quote=True), live=escape(targets["live"], quote=True), preview=preview)
