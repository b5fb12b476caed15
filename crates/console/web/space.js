/**
 * The parameter space of a scenario: each run a point, by decision, with what the reference drivers avoided; a click picks one.
 *
 * The server's points go in. It computes nothing but where a point lies on the picture.
 */
import { useEffect, useRef } from 'preact/hooks';
import { html } from 'htm/preact';
import { text } from './catalogue.js';

/** Colours and shapes, so that neither alone has to tell. */
const LOOKS = { passed: ['#2f8f5b', 'dot'], failed: ['#c5312a', 'cross'], undecided: ['#8a94a0', 'ring'] };
/** A click finds points so near. */
const NEAR_PX = 12;
const MARGIN = { left: 56, right: 14, top: 10, bottom: 40 };

/** @typedef {[number, string, number|null, number[], boolean[]]} Point number, decision, margin, values, whom the reference drivers avoided */

/** @param {{points: {parameters: {name: string, unit: string, range: number[]}[], references: string[], points: Point[], every: number}, chosen: number|null, x: string|null, y: string|null, axes: (change: Record<string, string>) => void, pick: (run: number) => void}} properties */
export function Space({ points, chosen, x, y, axes, pick }) {
  const canvas = useRef(/** @type {any} */ (null));
  const { parameters } = points;
  const at = (/** @type {string|null} */ name, /** @type {number} */ otherwise) => { const found = parameters.findIndex((parameter) => parameter.name === name); return found < 0 ? Math.min(otherwise, parameters.length - 1) : found; };
  const [ix, iy] = [at(x, 0), at(y, 1)];
  const draw = () => { if (canvas.current && parameters.length) drawSpace(canvas.current, points, ix, iy, chosen); };
  useEffect(() => {
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(canvas.current);
    return () => observer.disconnect();
  }, [points, ix, iy, chosen]);
  if (!parameters.length) return html`<p class="hint">${text('base.fixed')}</p><canvas ref=${canvas} hidden></canvas>`;
  const near = (/** @type {MouseEvent} */ event) => {
    const [px, py] = placer(canvas.current, points, ix, iy);
    /** @type {Point|null} */ let found = null;
    let least = NEAR_PX;
    for (const point of points.points) {
      const away = Math.hypot(px(point) - event.offsetX, py(point) - event.offsetY);
      if (away < least) { least = away; found = point; }
    }
    return found;
  };
  const axis = (/** @type {string} */ key, /** @type {number} */ index) => html`<label>${text(`base.axis.${key}`)} <select value=${parameters[index].name} onChange=${(/** @type {Event} */ event) => axes({ [key]: /** @type {HTMLSelectElement} */ (event.target).value })}>${parameters.map(({ name }) => html`<option value=${name} selected=${name === parameters[index].name}>${name}</option>`)}</select></label>`;
  const listed = [...points.points].sort((a, b) => (a[2] ?? Infinity) - (b[2] ?? Infinity)).slice(0, 30);
  return html`
    <p class="legend">${axis('x', ix)} ${axis('y', iy)}
      ${Object.keys(LOOKS).map((decision) => html`<span class=${`key ${decision}`}>${text(`verdict.${decision}`)} <b>${points.points.filter((point) => point[1] === decision).length}</b></span>`)}
      ${points.references.length > 0 && html`<span class="key reference">${text('base.reference', points.references.join(', '))}</span>`}
      <label><span class="unseen">${text('base.list')}</span><select aria-label=${text('base.list')} value=${chosen === null ? '' : String(chosen)} onChange=${(/** @type {Event} */ event) => { const value = /** @type {HTMLSelectElement} */ (event.target).value; if (value) pick(Number(value)); }}><option value="">${text('base.list')}</option>${listed.map(([run, decision, margin]) => html`<option value=${String(run)} selected=${run === chosen}>${text('base.run', run)} · ${text(`verdict.${decision}`)}${margin === null ? '' : ` · ${margin.toFixed(2)}`}</option>`)}</select></label></p>
    <canvas class="space" ref=${canvas} role="img" aria-label=${text('base.space.help', parameters[ix].name, parameters[iy].name)}
      onClick=${(/** @type {MouseEvent} */ event) => { const found = near(event); if (found) pick(found[0]); }}
      onMouseMove=${(/** @type {MouseEvent} */ event) => { const found = near(event); canvas.current.style.cursor = found ? 'pointer' : ''; canvas.current.title = found ? `${text('base.run', found[0])} · ${text(`verdict.${found[1]}`)} · ${parameters.map((parameter, index) => `${parameter.name} ${Number(found[3][index].toPrecision(4))} ${parameter.unit}`).join(' · ')}` : ''; }}></canvas>`;
}

/** @param {HTMLCanvasElement} canvas @param {any} points @param {number} ix @param {number} iy @returns {((point: Point) => number)[]} */
function placer(canvas, points, ix, iy) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const [rx, ry] = [points.parameters[ix].range, points.parameters[iy].range];
  const share = (/** @type {number} */ value, /** @type {number[]} */ [low, high]) => (high > low ? (value - low) / (high - low) : 0.5);
  // A scenario with one parameter spreads its points over the height by their number.
  const across = ix === iy ? (/** @type {Point} */ point) => ((point[0] * 0.618034) % 1) : (/** @type {Point} */ point) => share(point[3][iy], ry);
  return [
    (point) => MARGIN.left + share(point[3][ix], rx) * (width - MARGIN.left - MARGIN.right),
    (point) => height - MARGIN.bottom - across(point) * (height - MARGIN.top - MARGIN.bottom),
  ];
}

/** @param {HTMLCanvasElement} canvas @param {any} points @param {number} ix @param {number} iy @param {number|null} chosen */
function drawSpace(canvas, points, ix, iy, chosen) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width || !height) return;
  const ratio = Math.min(devicePixelRatio, 2);
  canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const style = getComputedStyle(canvas);
  const [soft, line, ink] = ['--soft', '--line', '--ink'].map((name) => style.getPropertyValue(name));
  const [x, y] = placer(canvas, points, ix, iy);
  pen.font = '11px system-ui, sans-serif'; pen.lineWidth = 1;
  const ticks = (/** @type {number[]} */ [low, high]) => {
    const step = 10 ** Math.floor(Math.log10(Math.max(high - low, 1e-9) / 2));
    const wide = [1, 2, 5, 10].map((times) => times * step).find((one) => (high - low) / one <= 7) ?? step * 10;
    const found = [];
    for (let value = Math.ceil(low / wide) * wide; value <= high + 1e-9; value += wide) found.push(Number(value.toPrecision(6)));
    return found;
  };
  const point = (/** @type {number} */ vx, /** @type {number} */ vy) => { /** @type {number[]} */ const values = []; values[ix] = vx; values[iy] = vy; return /** @type {Point} */ ([0, '', null, values, []]); };
  const [px, py] = [points.parameters[ix], points.parameters[iy]];
  pen.strokeStyle = line; pen.fillStyle = soft; pen.textAlign = 'center'; pen.textBaseline = 'top';
  for (const value of ticks(px.range)) { const at = x(point(value, py.range[0])); pen.beginPath(); pen.moveTo(at, MARGIN.top); pen.lineTo(at, height - MARGIN.bottom); pen.stroke(); pen.fillText(String(value), at, height - MARGIN.bottom + 5); }
  pen.fillText(`${px.name} ${px.unit ? `(${px.unit})` : ''}`, (width + MARGIN.left) / 2, height - 16);
  pen.textAlign = 'right'; pen.textBaseline = 'middle';
  if (ix !== iy) {
    for (const value of ticks(py.range)) { const at = y(point(px.range[0], value)); pen.beginPath(); pen.moveTo(MARGIN.left, at); pen.lineTo(width - MARGIN.right, at); pen.stroke(); pen.fillText(String(value), MARGIN.left - 6, at); }
    pen.save(); pen.translate(12, (height - MARGIN.bottom) / 2); pen.rotate(-Math.PI / 2); pen.textAlign = 'center'; pen.fillText(`${py.name} ${py.unit ? `(${py.unit})` : ''}`, 0, 0); pen.restore();
  }
  // What the first reference driver did not avoid either lies on a shade: nobody is blamed for it.
  if (points.references.length) {
    pen.fillStyle = 'rgb(214 138 30 / 20%)';
    for (const one of points.points) if (one[4][0] === false) { pen.beginPath(); pen.arc(x(one), y(one), 9, 0, 7); pen.fill(); }
  }
  for (const decision of ['undecided', 'passed', 'failed']) {
    const [colour, shape] = /** @type {any} */ (LOOKS)[decision];
    pen.fillStyle = colour; pen.strokeStyle = colour; pen.lineWidth = 1.8;
    for (const one of points.points) {
      if (one[1] !== decision) continue;
      const [cx, cy] = [x(one), y(one)];
      pen.beginPath();
      if (shape === 'dot') { pen.arc(cx, cy, 2.6, 0, 7); pen.fill(); } else if (shape === 'ring') { pen.arc(cx, cy, 2.6, 0, 7); pen.stroke(); } else { pen.moveTo(cx - 3.4, cy - 3.4); pen.lineTo(cx + 3.4, cy + 3.4); pen.moveTo(cx - 3.4, cy + 3.4); pen.lineTo(cx + 3.4, cy - 3.4); pen.stroke(); }
    }
  }
  const picked = points.points.find((/** @type {Point} */ one) => one[0] === chosen);
  if (picked) { pen.strokeStyle = ink; pen.lineWidth = 2.5; pen.beginPath(); pen.arc(x(picked), y(picked), 9, 0, 7); pen.stroke(); }
}
