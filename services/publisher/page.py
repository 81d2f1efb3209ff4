"""The one start page: where the three services are, and what to try first."""

from collections.abc import Mapping
from html import escape

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Greenroom</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
 body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #1c2420; background: #f6f8f6 }}
 main {{ max-width: 60rem; margin: 3rem auto; padding: 0 1.5rem }}
 h1 {{ margin: 0 }} p.lead {{ margin: .25rem 0 2rem; color: #4c5a52 }}
 .path {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem }}
 a.card {{ display: block; padding: 1.25rem; border-radius: .6rem; background: #fff; color: inherit;
          text-decoration: none; border-top: .35rem solid #2f7d5b; box-shadow: 0 1px 4px #0002 }}
 a.card:hover {{ box-shadow: 0 3px 12px #0003 }} a.card.live {{ border-color: #b3261e }}
 a.card.publisher {{ border-color: #3d5a98 }} a.card.preview {{ border-color: #b7791f }}
 .card b {{ font-size: 1.15rem }}
 .live b {{ color: #b3261e }} code, pre {{ background: #e9eeea; border-radius: .3rem; padding: .1rem .35rem }}
 pre {{ padding: 1rem; overflow-x: auto }}
</style>
<main>
<h1>Greenroom</h1>
<p class="lead">Rehearse in draft, go on in live.</p>
<div class="path">
 <a class="card" href="{draft}/docs"><b>Draft</b><br>Write intents and flows, train, try them out.
  Nothing here is seen by users.</a>
 <a class="card publisher" href="docs"><b>Publisher</b><br>See what is unpublished, publish it, follow it, look at
  what was live.</a>
 <a class="card live" href="{live}/docs"><b>LIVE</b><br>Answers real users. It changes by publications, and by edits
  that say what they do.</a>
{preview}</div>
<h2>First steps</h2>
<p>Every explorer takes the admin key under <em>Authorize</em>; it is in <code>credentials</code> in the data folder.
On the command line the key is found by itself, in the folder where <code>make up</code> was said:</p>
<pre>. .venv/bin/activate
greenroom import samples/railway
greenroom train "Tern Valley Railway"
greenroom publish "Tern Valley Railway" --notes "First night"
greenroom chat "Tern Valley Railway"</pre>
</main></html>
"""


_PREVIEW = """ <a class="card preview" href="{url}/docs"><b>Preview</b><br>Draft as it was last published for rehearsal,
  with channels of its own. Users never meet it.</a>
"""


def start_page(draft_url: str, targets: Mapping[str, str]) -> str:
    """`targets` are the public URLs of live and, where there is one, of the preview."""
    preview = _PREVIEW.format(url=escape(targets["preview"], quote=True)) if "preview" in targets else ""
    return _PAGE.format(draft=escape(draft_url, quote=True), live=escape(targets["live"], quote=True), preview=preview)
