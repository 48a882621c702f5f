import { style as viewer } from "#src/viewer/style";

/** The inspector's style: the viewer's, and what only diagrams of messages have. */
export const style = `${viewer}
svg.sequence { display: block; max-width: none; font-size: 11px; color: var(--ink); } svg.sequence .lane { stroke: var(--rule); } svg.sequence .head { fill: var(--ink); font-weight: 600; font-size: 12px; } svg.sequence .arrow { fill: none; stroke: var(--accent); stroke-width: 1.2; } svg.sequence .outside { stroke-dasharray: 4 3; } svg.sequence .tip { fill: var(--accent); }
svg.sequence .label { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 3px; } svg.sequence .step { fill: var(--accent); font-variant-numeric: tabular-nums; } svg.sequence .note rect { fill: var(--busy-soft); stroke: var(--accent); } svg.sequence .note text { fill: var(--busy); }
tr.here td { background: var(--raised); } tr.here td:first-child { font-weight: 600; } main:has(svg.sequence) { max-width: 110rem; } header.run + section { margin-top: 1rem; } p.what { margin: .6rem 0; font-size: .9375rem; } main details > .scroll { margin-top: .6rem; }
`;
