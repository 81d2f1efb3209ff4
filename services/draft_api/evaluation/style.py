"""How the report looks: its style sheet, which is part of the page."""

STYLE = """
:root { --ink: #17211c; --soft: #5b6a62; --paper: #f4f6f4; --card: #fff; --line: #dfe6e1; --green: #2f7d5b;
 --red: #b3261e; --amber: #c98a12; --blue: #3d5a98; --track: #edf1ee; --on: #fff }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e7eeea; --soft: #9db0a5; --paper: #111614;
 --card: #1a211d; --line: #2c3731; --green: #58b58a; --red: #ef7a70; --amber: #e0ac4a; --blue: #8fa9e0;
 --track: #232c27; --on: #0d1411 } }
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.55 system-ui, "Segoe UI", sans-serif; color: var(--ink); background: var(--paper) }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.5rem 5rem }
header p { margin: .2rem 0 0; color: var(--soft); overflow-wrap: anywhere }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2 } h1, ol, .note { overflow-wrap: anywhere }
h2 { margin: 0 0 .25rem; font-size: 1.15rem }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem 1.4rem;
 margin-top: 1.1rem }
.note { margin: 0 0 1rem; color: var(--soft); max-width: 46rem }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: 1.1rem; margin-top: 1.4rem }
.cards section { margin: 0 } .cards b { display: block; font-size: 2rem; line-height: 1.15; letter-spacing: -.02em }
.cards .first { background: #2f7d5b; color: #fff; border-color: transparent }
.cards span { color: var(--soft) } .cards .first span { color: #ffffffcc }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1.1rem }
.three { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: 1.1rem }
.three ul { margin: 0; padding-left: 1.1rem; overflow-wrap: anywhere }
summary { cursor: pointer; font-weight: 600; padding: .4rem 0 } details { border-top: 1px solid var(--line) }
.cards i { font-style: normal } .up { color: var(--green) } .down { color: var(--red) }
ol { margin: .5rem 0 0; padding-left: 1.4rem } ol li { margin: .35rem 0; max-width: 52rem }
table { border-collapse: collapse; width: 100% } .wide { overflow-x: auto }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .85rem }
h3 { font-size: 1rem; margin: 1.2rem 0 .4rem }
th, td { padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
td { overflow-wrap: break-word; min-width: 4rem } td q { color: var(--soft) }
tr.chosen td { font-weight: 650; color: var(--green) }
ul.plain { margin: 0; padding: 0; list-style: none }
svg { width: 100%; height: auto; display: block; font: 11px system-ui, sans-serif }
svg text { fill: var(--ink) } svg .axis { fill: var(--soft) } svg .strong { font-weight: 600 }
svg .track { fill: var(--track) } svg .grid { stroke: var(--line); fill: none } svg .name { font-size: 12px }
svg .ideal { stroke: var(--soft); stroke-dasharray: 4 4; fill: none } svg .gap { fill: var(--amber); opacity: .35 }
svg .before { stroke: var(--soft); fill: none; stroke-width: 1.5; opacity: .7 }
svg .after { stroke: var(--green); fill: none; stroke-width: 2.5 } svg .dot { fill: var(--green) }
svg .share { opacity: .9 } svg .right, svg .f1, svg .hit { fill: var(--green) }
svg .wrong, svg .miss { fill: var(--red) }
svg .asked { fill: var(--blue) } svg .not_understood { fill: var(--amber); opacity: .55 }
svg .precision { fill: var(--blue) } svg .recall { fill: var(--amber) }
svg .marker { stroke: var(--ink); stroke-width: 1.5; fill: none } svg .marker.suggested { stroke-dasharray: 5 4 }
svg .count { font-size: 11px } svg .count.light { fill: var(--on) } svg .figure { fill: var(--soft) }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; color: var(--soft); font-size: .85rem; margin-top: .5rem }
.key i { display: inline-block; width: .75rem; height: .75rem; border-radius: .2rem; margin-right: .35rem }
.key .right { background: var(--green) } .key .wrong { background: var(--red) } .key .asked { background: var(--blue) }
.key .not_understood { background: var(--amber) } .key .before { background: var(--soft) }
@media (max-width: 40rem) { main { padding: 1.25rem .75rem 3rem } section { padding: 1rem .9rem }
 .wide table { min-width: 38rem } td { overflow-wrap: anywhere; min-width: 8rem } td.n { min-width: 3rem } }
@media print { body { background: #fff } section { break-inside: avoid } * { print-color-adjust: exact } }
"""
