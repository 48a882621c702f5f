/** The page's style: light and dark by the reader's system or by choice, and a form for paper. */
export const style = `
:root { color-scheme: light dark;
  --paper: #fdfdfb; --raised: #f5f5f1; --ink: #1d1f21; --soft: #5c6166; --faint: #63696f; --rule: #dcdcd6; --accent: #0b5c94;
  --up: #0072b2; --down: #c2500a; --none: #7a7a7a; --warn: #fff6df; --warn-rule: #d9a520; --good-cell: #e6f1f8; --bad-cell: #fbeade;
  --s1: #0072b2; --s2: #c2500a; --s3: #00795a; --s4: #a2437c; --s5: #8a6100; --s6: #4b5fc4; --s7: #5f6368; --s8: #1d1f21; }
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) {
  --paper: #16181a; --raised: #1e2124; --ink: #e6e5e1; --soft: #a5a9ad; --faint: #8b9196; --rule: #33373b; --accent: #7cc0ee;
  --up: #56b4e9; --down: #f0935a; --none: #909498; --warn: #2e2818; --warn-rule: #b68d2c; --good-cell: #17303f; --bad-cell: #3a2619;
  --s1: #56b4e9; --s2: #f0935a; --s3: #3fc79a; --s4: #e69fca; --s5: #e0b24a; --s6: #9fb0ff; --s7: #a5a9ad; --s8: #e6e5e1; } }
:root[data-theme="dark"] { color-scheme: dark;
  --paper: #16181a; --raised: #1e2124; --ink: #e6e5e1; --soft: #a5a9ad; --faint: #8b9196; --rule: #33373b; --accent: #7cc0ee;
  --up: #56b4e9; --down: #f0935a; --none: #909498; --warn: #2e2818; --warn-rule: #b68d2c; --good-cell: #17303f; --bad-cell: #3a2619;
  --s1: #56b4e9; --s2: #f0935a; --s3: #3fc79a; --s4: #e69fca; --s5: #e0b24a; --s6: #9fb0ff; --s7: #a5a9ad; --s8: #e6e5e1; }
:root[data-theme="light"] { color-scheme: light; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.page { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 62rem; margin: 0 auto; padding: 3.5rem 1.5rem 6rem; }
@media (min-width: 84rem) { .page { grid-template-columns: 12rem minmax(0, 62rem); column-gap: 3.5rem; max-width: 80rem; } }
h1, h2, h3 { font-family: Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif; font-weight: 600; line-height: 1.2; text-wrap: balance; }
h1 { font-size: 2.5rem; letter-spacing: -.015em; margin: .2rem 0 .6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.5rem; margin: 3.5rem 0 1rem; padding-top: 1.1rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1.08rem; margin: 0 0 .6rem; }
p, li { max-width: 44rem; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: .2em; }
.meta { color: var(--soft); font-size: .875rem; margin: 0 0 1.4rem; font-variant-numeric: tabular-nums; }
.abstract p { font-size: 1.06rem; margin: .5rem 0; }
.top { display: flex; justify-content: space-between; align-items: center; }
.kicker { color: var(--faint); font-size: .75rem; letter-spacing: .09em; text-transform: uppercase; }
nav { font-size: .875rem; margin: 1.5rem 0 1.2rem; }
nav ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; }
nav a { color: var(--soft); text-decoration: none; }
nav a:hover, nav a:focus-visible { color: var(--ink); text-decoration: underline; }
@media (min-width: 84rem) { nav { grid-column: 1; grid-row: 1; margin: 0; } nav ul { display: block; position: sticky; top: 3.5rem; line-height: 2; }
  main { grid-column: 2; grid-row: 1; } }
button, select, input { font: inherit; font-size: .8125rem; color: inherit; background: var(--raised); border: 1px solid var(--rule); border-radius: 4px; padding: .2rem .6rem; }
button { cursor: pointer; } button:disabled { opacity: .45; cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.verdict { margin: 1rem 0 1.6rem; } .verdict p { max-width: none; margin: 0; } .verdict .panel { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 25rem); gap: 1rem 2.5rem; align-items: start; border: 1px solid var(--rule); border-left: 4px solid var(--up); border-radius: 4px; padding: 1rem 1.2rem; }
.verdict .about { color: var(--soft); font-size: .875rem; margin-bottom: .6rem; } .verdict .about b { color: var(--ink); } .verdict .line + .line { border-top: 1px solid var(--rule); margin-top: .6rem; padding-top: .6rem; }
.verdict .corrected { font-size: 1rem; line-height: 1.45; font-weight: 600; font-variant-numeric: tabular-nums; } .verdict .heading { font-size: 1.06rem; line-height: 1.35; } .verdict .group { color: var(--soft); font-size: .875rem; margin-right: .4rem; } .verdict .level { font-size: .9375rem; line-height: 1.45; font-variant-numeric: tabular-nums; } .verdict .spent { color: var(--soft); margin-left: .6rem; white-space: nowrap; font-size: .8125rem; } .verdict .lead { color: var(--soft); font-size: .875rem; line-height: 1.45; }
.verdict .others { list-style: none; padding: .6rem 0 0; margin: .8rem 0 0; border-top: 1px solid var(--rule); font-size: .8125rem; } .verdict .others li { margin: .15rem 0; max-width: none; line-height: 1.45; } figure.ranks { margin: 0; } figure.ranks figcaption { display: block; color: var(--soft); font-size: .8125rem; margin: .2rem 0 0; }
.strip { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.3rem; padding: 0; margin: 0 0 .7rem; font-size: .875rem; color: var(--soft); font-variant-numeric: tabular-nums; } .strip li { margin: 0; } .strip .lost { color: var(--down); font-weight: 600; }
.list { padding-left: 1.1rem; margin-top: .4rem; } #findings h3 { margin: 1.4rem 0 0; } .list li { margin: .35rem 0; } .list li::marker { color: var(--faint); }
.warning { background: var(--warn); border-left: 3px solid var(--warn-rule); padding: .6rem 1rem; margin: 1rem 0; max-width: 48rem; border-radius: 0 4px 4px 0; }
figure { margin: 2rem 0; } figure.table { margin: 1.75rem 0 2.25rem; }
figcaption { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; flex-wrap: wrap; margin-bottom: .5rem; }
figcaption h3 { margin: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .8438rem; line-height: 1.4; font-variant-numeric: tabular-nums lining-nums; border-top: 1.5px solid var(--ink); border-bottom: 1.5px solid var(--ink); }
th, td { padding: .34rem .85rem .34rem 0; text-align: left; vertical-align: baseline; }
th:last-child, td:last-child { padding-right: .25rem; }
thead th { border-bottom: 1px solid var(--ink); font-weight: 600; vertical-align: bottom; white-space: nowrap; }
tbody tr + tr td, tbody tr + tr th { border-top: 1px solid var(--rule); }
tbody tr:hover td, tbody tr:hover th { background: var(--raised); }
tbody th { font-weight: 400; overflow-wrap: anywhere; min-width: 6rem; } tbody td { overflow-wrap: anywhere; }
tbody .group th { font-weight: 600; padding-top: 1rem; background: none; } tbody tr.group + tr td, tbody tr.group + tr th { border-top: 1px solid var(--faint); }
tbody:first-of-type .group th { padding-top: .6rem; }
.right { text-align: right; } td.right { white-space: nowrap; }
.ci { color: var(--soft); font-size: .92em; margin-left: .3em; } .absent { color: var(--faint); white-space: normal; font-size: .92em; }
.short { white-space: nowrap; }
.up { color: var(--up); } .down { color: var(--down); } .none { color: var(--soft); }
td.up, td.down, td.none { overflow-wrap: break-word; min-width: 7rem; }
thead button { all: unset; cursor: pointer; font-weight: 600; position: relative; } thead button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
thead button::after { content: "\\2195"; color: var(--faint); opacity: 0; position: absolute; left: 100%; padding-left: .15em; font-size: .85em; }
thead button:hover::after, thead button:focus-visible::after { opacity: 1; }
th[aria-sort="ascending"] button::after { content: "\\2191"; opacity: 1; color: var(--accent); }
th[aria-sort="descending"] button::after { content: "\\2193"; opacity: 1; color: var(--accent); }
.notes { color: var(--soft); font-size: .8125rem; margin: .55rem 0 0; max-width: 52rem; }
details { margin: .6rem 0; } summary { cursor: pointer; color: var(--soft); font-size: .875rem; } details > figure.table { margin: .8rem 0 1.4rem; } details > figure > figcaption h3 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
pre { background: var(--raised); border: 1px solid var(--rule); border-radius: 4px; padding: .8rem 1rem; overflow-x: auto; font-size: .8125rem; line-height: 1.5; }
code, pre { font-family: ui-monospace, "Cascadia Code", Menlo, Consolas, monospace; }
svg.chart { display: block; width: 100%; max-width: 54rem; height: auto; color: var(--ink); }
figure.heatmap { display: inline-block; vertical-align: top; margin: 1rem 2rem 1rem 0; max-width: 100%; } figure.heatmap svg { width: auto; } figure.heatmap .notes { max-width: 20rem; }
@media (max-width: 44rem) { figure.heatmap { margin-right: 0; } figure:not(.heatmap) > .scroll > svg.chart { min-width: 36rem; } h1 { font-size: 1.6rem; margin-bottom: .3rem; }
  .page { padding: 1rem 1rem 4rem; } nav { margin: 0 0 .8rem; } nav ul { flex-wrap: nowrap; overflow-x: auto; white-space: nowrap; } .meta { margin-bottom: .6rem; } .verdict { margin-top: .4rem; } .verdict .panel { grid-template-columns: minmax(0, 1fr); padding: .7rem .8rem; } .verdict .heading { font-size: 1rem; } }
svg .beside { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
svg .grid { stroke: var(--rule); stroke-width: 1; } svg .rule, svg .whisker { stroke: var(--faint); } svg .reference { stroke: var(--soft); }
svg .alone { opacity: .4; } svg .interval.up, svg .alone.up, svg .line.up { stroke: var(--up); } svg .alone.down { stroke: var(--down); } svg .alone.none { stroke: var(--none); } svg .interval.down { stroke: var(--down); } svg .interval.none { stroke: var(--none); }
svg .mark.up { fill: var(--up); stroke: var(--up); } svg .mark.down { fill: var(--down); stroke: var(--down); }
svg .mark.hollow { fill: var(--paper); stroke: var(--none); } svg .mark.beaten { stroke: var(--up); } svg .leader { stroke: var(--faint); }
svg .s1 { --own: var(--s1); } svg .s2 { --own: var(--s2); } svg .s3 { --own: var(--s3); } svg .s4 { --own: var(--s4); } svg .s5 { --own: var(--s5); } svg .s6 { --own: var(--s6); } svg .s7 { --own: var(--s7); } svg .s8 { --own: var(--s8); } svg .series { stroke: var(--own); } svg .band, svg .dot { fill: var(--own); }
svg rect.up { fill: var(--up); } svg rect.down { fill: var(--down); } svg rect.none { fill: var(--none); } svg .quantile { fill: var(--up); } svg .median { stroke: var(--ink); }
.tools { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; margin: .8rem 0; font-size: .8125rem; color: var(--soft); }
.tools input[type="search"] { min-width: 14rem; } .tools input[type="checkbox"] { vertical-align: -2px; margin-right: .3rem; }
.item button.open { all: unset; cursor: pointer; color: var(--accent); } .item button.open:focus-visible { outline: 2px solid var(--accent); }
.items th, .items td { vertical-align: top; } .items .input { font-size: .8125rem; max-width: 22rem; } .items .target { color: var(--soft); font-size: .75rem; } .items tbody th { position: sticky; left: 0; background: var(--paper); min-width: 11rem; max-width: 22rem; }
td.answer { min-width: 7rem; max-width: 16rem; padding-left: .5rem; border-left: 4px solid transparent; font-size: .8125rem; } td.answer.best { background: var(--good-cell); border-left-color: var(--up); } td.answer.worst { background: var(--bad-cell); border-left-color: var(--down); } td.answer.upper { border-left-color: var(--up); } td.answer.lower { border-left-color: var(--down); } td.answer.failed { background: var(--bad-cell); color: inherit; border-left: 4px double var(--down); }
.side { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .6rem 1.6rem; padding: .4rem 0 1rem; } .side .whole { grid-column: 1 / -1; } .side h3 { font-size: .8125rem; margin: .3rem 0 .1rem; } .side p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; max-width: none; } .side .numbers { color: var(--soft); } mark { background: var(--warn); color: inherit; }
.failed { color: var(--down); }
footer { margin-top: 4rem; color: var(--faint); font-size: .8125rem; border-top: 1px solid var(--rule); padding-top: 1rem; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: .5rem; z-index: 3; background: var(--paper); padding: .3rem .6rem; } main:focus { outline: none; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@page { margin: 18mm 16mm; }
@media print { :root:root:root { color-scheme: light; --paper: #fff; --raised: #fff; --ink: #000; --soft: #333; --faint: #666; --rule: #bbb; --up: #0072b2; --down: #c2500a; --none: #7a7a7a; --warn: #fff6df; --warn-rule: #d9a520; }
  .page { display: block; max-width: none; padding: 0; } nav, .tools, .filter, #theme, #items { display: none !important; } body { font-size: 10pt; } h1 { font-size: 20pt; }
  h2, h3, figcaption, tr.group { break-after: avoid; } figure.heatmap, li { break-inside: avoid; } tr, svg, .warning { break-inside: avoid; } thead { display: table-header-group; } thead button { display: contents; } thead button::after { content: none; } .scroll { overflow: visible; } a { color: inherit; } }
`;
