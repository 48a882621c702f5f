import { style as report } from "#src/reports/html-style";

/** The viewer's style: that of the HTML report, and what only a viewer has. */
export const style = `${report}
:root { --good: #136a3d; --busy: #0b5c94; --bad: #b3420a; --good-soft: #e3f1e8; --busy-soft: #e2edf6; --bad-soft: #fae8dd; --quiet-soft: #ecece7; --skipped: #b9b4a4; --unscored: #d9a520; }
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { --good: #6fce9b; --busy: #7cc0ee; --bad: #f0935a; --good-soft: #1b3427; --busy-soft: #1b2d3b; --bad-soft: #3a2718; --quiet-soft: #2a2d30; --skipped: #6b675c; --unscored: #b68d2c; } }
:root[data-theme="dark"] { --good: #6fce9b; --busy: #7cc0ee; --bad: #f0935a; --good-soft: #1b3427; --busy-soft: #1b2d3b; --bad-soft: #3a2718; --quiet-soft: #2a2d30; --skipped: #6b675c; --unscored: #b68d2c; }
.bar { position: sticky; top: 0; z-index: 2; display: flex; align-items: center; gap: 1rem; padding: .55rem 1.5rem; background: var(--paper); border-bottom: 1px solid var(--rule); }
.bar .brand { font-family: Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif; font-weight: 600; color: var(--ink); text-decoration: none; letter-spacing: .01em; margin-right: auto; }
#connection { font-size: .8125rem; color: var(--soft); } #connection.on::before { content: ""; display: inline-block; width: .5rem; height: .5rem; border-radius: 50%; background: var(--good); margin-right: .4rem; } #connection.off { color: var(--bad); }
html { scroll-padding-top: 4rem; }
main { display: block; max-width: 72rem; margin: 0 auto; padding: 2.2rem 1.5rem 6rem; } main:has(.wide) { max-width: 110rem; } main:has(.wide) > :not(.wide):not(header) { max-width: 69rem; }
main h1 { font-size: 2.1rem; } main h2 { font-size: 1.3rem; margin: 2.6rem 0 .8rem; padding-top: .9rem; } main header + section > h2, main header ~ .tools + section > h2 { border: 0; margin-top: 1.4rem; padding-top: 0; } main header + section > .kicker { margin: 1.4rem 0 0; } main header + section > .kicker + h2 { margin-top: .2rem; } main header ~ .tools { margin-top: 1.2rem; } .list.small { font-size: .875rem; color: var(--soft); } .list.small li { max-width: 60rem; }
main h3 { margin: 1.8rem 0 .5rem; } main h4 { margin: 1rem 0 .3rem; font-size: .875rem; color: var(--soft); font-weight: 600; }
.kicker a { color: inherit; } header .kicker { margin: 0; }
.run .meta { display: flex; flex-wrap: wrap; gap: .35rem 1rem; align-items: center; margin-bottom: 1rem; }
.tabs { display: flex; flex-wrap: wrap; gap: .1rem 1.4rem; border-bottom: 1px solid var(--rule); margin: 1.2rem 0 0; grid-column: auto; } .tabs a { padding: .45rem 0; margin-bottom: -1px; border-bottom: 2px solid transparent; }
.tabs a[aria-current] { color: var(--ink); border-bottom-color: var(--accent); font-weight: 600; } .within { margin: 0 0 1rem; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; }
.pill { display: inline-block; padding: .05rem .5rem; border-radius: 1rem; font-size: .75rem; line-height: 1.45; white-space: nowrap; background: var(--quiet-soft); color: var(--soft); }
.pill.good { background: var(--good-soft); color: var(--good); } .pill.busy { background: var(--busy-soft); color: var(--busy); } .pill.bad { background: var(--bad-soft); color: var(--bad); }
.sub, .soft { color: var(--soft); font-size: .8125rem; } .sub code { font-size: .75rem; } .when { white-space: nowrap; color: var(--soft); font-size: .8125rem; } .empty { color: var(--soft); }
code { font-size: .8125rem; overflow-wrap: anywhere; }
svg.progress { display: block; width: 100%; min-width: 7rem; height: .5rem; border-radius: .25rem; background: var(--quiet-soft); overflow: hidden; margin: .35rem 0 .2rem; }
section > svg.progress { height: .8rem; border-radius: .4rem; margin: 1.4rem 0 .6rem; }
svg rect.succeeded { fill: var(--good); } svg rect.failed { fill: var(--bad); } svg rect.skipped { fill: var(--skipped); } svg rect.unscored { fill: var(--unscored); } svg rect.spent { fill: var(--accent); }
.accounting { font-size: .875rem; color: var(--soft); font-variant-numeric: tabular-nums; max-width: none; } .accounting b { color: var(--ink); }
.key::before { content: ""; display: inline-block; width: .6rem; height: .6rem; border-radius: 2px; margin-right: .3rem; background: var(--quiet-soft); } .key.succeeded::before { background: var(--good); } .key.failed::before { background: var(--bad); } .key.skipped::before { background: var(--skipped); } .key.unscored::before { background: var(--unscored); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 1px; border: 1px solid var(--rule); border-radius: 6px; overflow: hidden; margin: 1.2rem 0; }
.tile { background: var(--paper); padding: .7rem .9rem; box-shadow: 0 0 0 1px var(--rule); } .tile .label { color: var(--soft); font-size: .75rem; } .tile .value { font-size: 1.3rem; line-height: 1.4; font-variant-numeric: tabular-nums; } .tile .below { color: var(--soft); font-size: .75rem; }
figure.pace { margin: 1.2rem 0; } .pace svg { display: block; width: 100%; height: auto; font-size: 11px; } .pace text { fill: var(--soft); } .pace .line { fill: none; stroke: var(--accent); stroke-width: 1.5; vector-effect: non-scaling-stroke; } .pace .area { fill: var(--accent); opacity: .1; } .pace .axis { stroke: var(--rule); }
.filter { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center; font-size: .8125rem; color: var(--soft); margin: .6rem 0 1rem; } .filter input[type="search"] { min-width: 15rem; } .filter input[type="number"] { width: 6.5rem; } .filter select { max-width: 16rem; } .filter input, .filter select { color: var(--ink); }
.pager { display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline; margin: .8rem 0; font-size: .8125rem; color: var(--soft); } .pager [role="status"] { margin-right: auto; font-variant-numeric: tabular-nums; } .pager a { color: var(--accent); } [aria-disabled] { opacity: .45; }
td .progress { max-width: 11rem; } td .level { white-space: nowrap; font-variant-numeric: tabular-nums; } main td, main tbody th { vertical-align: top; } td.right + td:not(.right), th.right + th:not(.right) { padding-left: 1rem; } td .progress { margin-top: .45rem; } td.what { color: var(--soft); } tbody td.right { font-variant-numeric: tabular-nums; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1.4rem; font-size: .875rem; margin: .6rem 0; } .facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.tree, .tree ul { list-style: none; padding: 0; margin: 0; } .tree ul { margin-left: .55rem; border-left: 1px solid var(--rule); } .tree li { max-width: none; } .tree ul > li { padding-left: 1.1rem; position: relative; } .tree ul > li::before { content: ""; position: absolute; left: 0; top: .95rem; width: .8rem; border-top: 1px solid var(--rule); } .tree ul > li:last-child::after { content: ""; position: absolute; left: -1px; top: 1rem; bottom: 0; width: 1px; background: var(--paper); }
.actor { display: flex; flex-wrap: wrap; gap: .1rem .7rem; align-items: baseline; padding: .2rem .3rem; border-radius: 4px; font-size: .875rem; } .actor:hover { background: var(--raised); } .actor .name { font-weight: 600; overflow-wrap: anywhere; } .state-link { text-decoration: none; } .state-link:hover .pill { text-decoration: underline; }
.restarts { color: var(--bad); font-size: .8125rem; font-weight: 600; } .reason { color: var(--soft); font-size: .8125rem; overflow-wrap: anywhere; } .lives { font-size: .8125rem; color: var(--soft); margin: .2rem 0 .4rem; padding-left: 1.6rem; } .tree details { margin: 0 0 .2rem .3rem; } .tree summary { font-size: .8125rem; }
section.machine { border-top: 1px solid var(--rule); padding-top: .4rem; } section.machine h3 { margin: 1rem 0 .2rem; font-size: 1.15rem; } section.machine .scroll { margin: .8rem 0; }
svg.machine { display: block; max-width: max(100%, 44rem); height: auto; font-size: 12.5px; color: var(--ink); overflow: visible; } svg.machine .arrow { fill: none; stroke: var(--faint); stroke-width: 1.2; } svg.machine .tip { fill: var(--faint); } svg.machine .start { fill: var(--soft); }
svg.machine .state rect { fill: var(--raised); stroke: var(--faint); } svg.machine .state .inner { fill: none; stroke: var(--rule); } svg.machine .state text { fill: var(--soft); }
svg.machine .active rect { fill: var(--busy-soft); stroke: var(--accent); stroke-width: 1.6; } svg.machine .active .inner { stroke: var(--accent); stroke-width: .8; fill: none; } svg.machine .active text { fill: var(--ink); font-weight: 600; }
svg.machine .active .badge rect { fill: var(--accent); stroke: var(--paper); stroke-width: 1.5; } svg.machine .active .badge text { fill: var(--paper); font-size: 11px; font-weight: 600; }
svg.machine .compound > rect { fill: none; } svg.machine .active.compound > rect { fill: none; } svg.machine .parallel > rect { stroke-dasharray: 5 3; } svg.machine .compound > text { fill: var(--ink); font-weight: 600; }
svg.machine .label { font-size: 10.5px; fill: var(--soft); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.step { margin-right: .8rem; } .attempts { padding-left: 1.3rem; font-size: .875rem; } .attempts li { margin: .3rem 0; max-width: none; }
.message { border-left: 3px solid var(--rule); padding-left: .9rem; margin: .8rem 0; } .message.assistant { border-color: var(--accent); } .message.system { border-color: var(--unscored); } .message.tool { border-color: var(--good); } .message h4 { margin: 0 0 .3rem; }
main pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 36rem; overflow-y: auto; margin: .3rem 0; unicode-bidi: isolate; }
.button { display: inline-block; font-size: .8125rem; background: var(--raised); border: 1px solid var(--rule); border-radius: 4px; padding: .2rem .7rem; text-decoration: none; color: var(--ink); } .button:hover { border-color: var(--accent); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 0 3rem; } .pair h2 { border: 0; margin: .5rem 0; padding: 0; }
.working::before { content: ""; display: inline-block; width: .7rem; height: .7rem; margin-right: .6rem; border: 2px solid var(--rule); border-top-color: var(--accent); border-radius: 50%; animation: turn 1s linear infinite; } @keyframes turn { to { transform: rotate(1turn); } } @media (prefers-reduced-motion: reduce) { .working::before { animation: none; } }
@media (max-width: 44rem) { .facts { grid-template-columns: minmax(0, 1fr); } .facts dd { margin-bottom: .4rem; } main h1 { font-size: 1.6rem; } }
[data-static] .filter, [data-static] form [type="checkbox"], [data-static] form [type="submit"], [data-static] form > .tools { display: none; }
@media print { .bar, .tabs, .filter, .pager { display: none; } }
`;
