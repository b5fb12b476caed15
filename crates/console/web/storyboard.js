/**
 * The time axis of a run: what the storyboard did and why, measures as curves, the worst moments marked.
 *
 * Runs and the clock that winds them go in; a click on the axis winds. It computes nothing: spans, curves and worst
 * moments are the server's.
 */
import { useEffect, useRef } from 'preact/hooks';
import { html } from 'htm/preact';
import Plot from 'uplot';
import { text } from './catalogue.js';

/** Colours that differ in lightness, too (Okabe and Ito 2008). */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b58900', '#56b4e9', '#777777'];
/** Curves beside speed, where the run has them, in this order. */
const SHOWN = ['time_to_collision_s', 'time_headway_s', 'required_deceleration_mps2', 'acceleration_mps2', 'lateral_margin_m', 'lane_departure_m'];
/** Times beyond this are nobody's worry; they would flatten the rest of the curve. */
const TIMES_MAX_S = 10;

/** @param {{kind: string, fills: string[], delay_s: number}} condition */
function told(condition) {
  const words = text(`condition.${condition.kind}`, ...condition.fills);
  return condition.delay_s > 0 ? text('condition.delayed', words, condition.delay_s) : words;
}

/** @param {{link: import('./run.js').RunLink, winding: import('./winding.js').Winding, title: string|null}} properties */
export function Storyboard({ link, winding, title }) {
  const { run } = link;
  const share = (/** @type {number} */ s) => `${(100 * s / Math.max(winding.end_s, 0.01)).toFixed(3)}%`;
  const why = (/** @type {import('./run.js').Row} */ row) => row.triggers.map((group) => group.map(told).join(text('condition.and'))).join(text('condition.or'));
  return html`
    <div class="storyboard">
      ${title && html`<h3>${title}</h3>`}
      <ol aria-label=${text('scenario.storyboard')}>
        ${run.storyboard.map((row) => html`<li class=${`${row.kind} ${row.spans_s.length ? '' : 'never'}`} title=${row.does.map((action) => text(`action.${action}`)).join(', ')}>
          <span class="name"><b>${row.name}</b><small>${why(row) || text('condition.none')}</small></span>
          <span class="bars" onClick=${(/** @type {MouseEvent} */ event) => { const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect(); winding.wind((event.clientX - box.left) / box.width * winding.end_s); }}>
            ${row.spans_s.map(([from_s, to_s]) => html`<i style=${{ left: share(from_s), width: share(to_s - from_s), background: row.kind === 'act' ? null : COLOURS[(row.actors[0] ?? 6) % COLOURS.length] }}></i><em style=${{ left: share(from_s) }}></em>`)}
            <s style=${{ left: share(winding.at_s) }}></s>
          </span>
          <span class="times">${row.spans_s.length ? row.spans_s.slice(0, 2).map(([from_s]) => html`<button class="link" onClick=${() => winding.wind(from_s)}>${text('seconds', from_s.toFixed(2))}</button> `) : text('scenario.never')}</span>
        </li>`)}
      </ol>
    </div>`;
}

/** Speeds of everybody and the ego's measures over time. @param {{links: import('./run.js').RunLink[], winding: import('./winding.js').Winding, language: string}} properties */
export function Curves({ links, winding }) {
  const host = useRef(/** @type {any} */ (null));
  const latest = useRef(winding);
  latest.current = winding;
  const plots = useRef(/** @type {import('uplot')[]} */ ([]));
  useEffect(() => {
    plots.current = drawCurves(host.current, links, latest);
    const observer = new ResizeObserver(() => plots.current.forEach((plot) => plot.setSize({ width: Math.max(200, host.current.clientWidth), height: plot.height })));
    observer.observe(host.current);
    return () => { observer.disconnect(); plots.current.forEach((plot) => plot.destroy()); plots.current = []; };
  }, [links]);
  useEffect(() => { for (const plot of plots.current) plot.redraw(false); }, [winding.at_s]);
  return html`<div class="curves_of_run" ref=${host}></div>`;
}

/** @param {HTMLElement} host @param {import('./run.js').RunLink[]} links @param {{current: import('./winding.js').Winding}} latest */
function drawCurves(host, links, latest) {
  const style = getComputedStyle(host);
  const [ink, line, danger, accent] = ['--soft', '--line', '--danger', '--accent'].map((name) => style.getPropertyValue(name));
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const longest = links.reduce((a, b) => (a.run.times_s.length >= b.run.times_s.length ? a : b));
  const { times_s } = longest.run;
  const pad = (/** @type {(number|null)[]} */ values) => times_s.map((_, at) => values[at] ?? null);
  const several = links.length > 1;
  /** @type {{title: string, unit: string, series: {label: string, values: (number|null)[], stroke: string, dash: number[]}[], marks: {time_s: number, value: number, stroke: string}[]}[]} */
  const all = [{
    title: 'vehicle.speed', unit: '', marks: [],
    series: links.flatMap((link, run) => link.run.actors.slice(0, 7).map((actor, index) => ({
      label: several ? `${actor.name} · ${link.run.driver}` : actor.name, values: pad(actor.speed_mps.map((v) => (v === null ? null : 3.6 * v))), stroke: COLOURS[index % COLOURS.length], dash: run ? [6, 4] : [],
    }))),
  }];
  for (const name of SHOWN) {
    const having = links.map((link, run) => ({ link, run, curve: link.run.curves.find((one) => one.name === name) })).filter(({ curve }) => curve);
    if (!having.length) continue;
    all.push({
      title: `measure.${name}`, unit: having[0].curve?.unit ?? '',
      series: having.map(({ link, run, curve }) => ({ label: link.run.driver, values: pad((curve?.values ?? []).map((v) => (v !== null && name.endsWith('_s') && v > TIMES_MAX_S ? null : v))), stroke: COLOURS[run], dash: run ? [6, 4] : [] })),
      marks: having.flatMap(({ curve, run }) => {
        // The worst of what is drawn is the ego's own; where it is the run's worst, the table says the same.
        let at = -1;
        (curve?.values ?? []).forEach((v, index) => { const worst = at < 0 ? null : curve?.values[at] ?? null; if (v !== null && (worst === null || (curve?.smaller_is_worse ? v < worst : v > worst))) at = index; });
        const value = curve?.values[at] ?? null;
        return at < 0 || value === null ? [] : [{ time_s: times_s[at], value, stroke: COLOURS[run] }];
      }),
    });
  }
  return all.map(({ title, unit, series, marks }) => {
    const plot = new Plot({
      width: Math.max(200, host.clientWidth), height: 142, title: `${text(title)}${unit ? ` (${unit})` : ''}`,
      scales: { x: { time: false, range: () => [0, Math.max(latest.current.end_s, 0.1)] } },
      legend: { show: several || series.length > 1, live: false }, cursor: { y: false, drag: { x: false, y: false } },
      axes: [{ ...axis, size: 30 }, { ...axis, size: 46 }],
      series: [{}, ...series.map(({ label, stroke, dash }) => ({ label, stroke, width: 2, dash, spanGaps: false, points: { show: false } }))],
      hooks: {
        draw: [(/** @type {import('uplot')} */ u) => {
          const pen = u.ctx;
          const x = (/** @type {number} */ s) => u.valToPos(s, 'x', true);
          pen.save();
          for (const link of links) {
            for (const { time_s } of link.run.collisions) {
              pen.strokeStyle = danger; pen.setLineDash([5, 4]); pen.lineWidth = 1.5;
              pen.beginPath(); pen.moveTo(x(time_s), u.bbox.top); pen.lineTo(x(time_s), u.bbox.top + u.bbox.height); pen.stroke();
            }
          }
          pen.setLineDash([]);
          for (const { time_s, value, stroke } of marks) {
            pen.fillStyle = stroke; pen.strokeStyle = danger; pen.lineWidth = 2;
            pen.beginPath(); pen.arc(x(time_s), u.valToPos(value, 'y', true), 5 * devicePixelRatio, 0, 7); pen.fill(); pen.stroke();
            pen.font = `${11 * devicePixelRatio}px system-ui, sans-serif`; pen.fillStyle = danger;
            const is_late = time_s > 0.85 * latest.current.end_s;
            pen.textAlign = is_late ? 'right' : 'left';
            pen.fillText(`${value.toFixed(2)} ${unit}`, x(time_s) + (is_late ? -9 : 9) * devicePixelRatio, Math.max(u.bbox.top + 12 * devicePixelRatio, u.valToPos(value, 'y', true) - 7 * devicePixelRatio));
          }
          pen.strokeStyle = accent; pen.lineWidth = 2;
          pen.beginPath(); pen.moveTo(x(latest.current.at_s), u.bbox.top); pen.lineTo(x(latest.current.at_s), u.bbox.top + u.bbox.height); pen.stroke();
          pen.restore();
        }],
      },
    }, /** @type {any} */ ([times_s, ...series.map(({ values }) => values)]), host);
    plot.over.addEventListener('click', (event) => latest.current.wind(plot.posToVal(event.offsetX, 'x')));
    return plot;
  });
}
