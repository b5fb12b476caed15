/**
 * The map of coverage: roads in the colour of their link, masts with their sectors, vehicles.
 *
 * The server's samples go in; a canvas moves with pointer and wheel. It computes nothing but colours and places.
 */
import { text } from './catalogue.js';

/** What is shown: index in a sample, worst and best, unit. */
export const QUANTITIES = /** @type {Record<string, {at: number, worst: number, best: number, unit: string, per: number}>} */ ({
  sinr: { at: 2, worst: -5, best: 30, unit: 'dB', per: 1 },
  up: { at: 4, worst: 0, best: 100, unit: 'Mbit/s', per: 1 },
  down: { at: 3, worst: 0, best: 800, unit: 'Mbit/s', per: 1 },
  latency: { at: 5, worst: 100, best: 10, unit: 'ms', per: 1 },
  in_time: { at: 6, worst: 90, best: 100, unit: '%', per: 100 },
});
/** From bad to good, readable without red and green (viridis' course). */
const RAMP = ['#440154', '#46327e', '#365c8d', '#277f8e', '#1fa187', '#4ac16d', '#a0da39', '#fde725'];

/** @param {number|null} value @param {{worst: number, best: number, per: number}} scale */
function colourOf(value, scale) {
  if (value === null || value === undefined) return '#b0202a';
  const share = Math.max(0, Math.min(1, (value * scale.per - scale.worst) / (scale.best - scale.worst)));
  return RAMP[Math.round(share * (RAMP.length - 1))];
}

export class CoverMap {
  /** @param {HTMLCanvasElement} canvas @param {any} cover @param {(name: string) => void} choose */
  constructor(canvas, cover, choose) {
    this.canvas = canvas; this.cover = cover;
    this.quantity = 'sinr';
    /** @type {any[]} */ this.vehicles = [];
    /** @type {string|null} */ this.chosen = null;
    const [west, south, east, north] = cover.bounds_m;
    this.middle = [(west + east) / 2, (south + north) / 2];
    this.size = [east - west, north - south];
    this.zoom = 1;
    this.abort = new AbortController();
    const { signal } = this.abort;
    let held = /** @type {{x: number, y: number, middle: number[], moved: boolean}|null} */ (null);
    canvas.addEventListener('pointerdown', (event) => { held = { x: event.clientX, y: event.clientY, middle: [...this.middle], moved: false }; canvas.setPointerCapture(event.pointerId); }, { signal });
    canvas.addEventListener('pointermove', (event) => {
      if (!held) return;
      held.moved ||= Math.hypot(event.clientX - held.x, event.clientY - held.y) > 4;
      const scale = this.scale();
      this.middle = [held.middle[0] - (event.clientX - held.x) / scale, held.middle[1] + (event.clientY - held.y) / scale];
      this.draw();
    }, { signal });
    canvas.addEventListener('pointerup', (event) => {
      if (held && !held.moved) {
        const near = this.vehicles.find((one) => { const [x, y] = this.place(one.x, one.y); return Math.hypot(x - event.offsetX, y - event.offsetY) < 14; });
        if (near) choose(near.name);
      }
      held = null;
    }, { signal });
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      const before = this.unplace(event.offsetX, event.offsetY);
      this.zoom = Math.max(0.5, Math.min(60, this.zoom * Math.exp(-event.deltaY / 400)));
      const after = this.unplace(event.offsetX, event.offsetY);
      this.middle = [this.middle[0] + before[0] - after[0], this.middle[1] + before[1] - after[1]];
      this.draw();
    }, { signal, passive: false });
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(canvas);
  }

  scale() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    return this.zoom * Math.min(width / (this.size[0] * 1.05), height / (this.size[1] * 1.05));
  }

  /** @param {number} x @param {number} y */
  place(x, y) {
    const scale = this.scale();
    return [this.canvas.clientWidth / 2 + (x - this.middle[0]) * scale, this.canvas.clientHeight / 2 - (y - this.middle[1]) * scale];
  }

  /** @param {number} px @param {number} py */
  unplace(px, py) {
    const scale = this.scale();
    return [this.middle[0] + (px - this.canvas.clientWidth / 2) / scale, this.middle[1] - (py - this.canvas.clientHeight / 2) / scale];
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    const ratio = Math.min(devicePixelRatio, 2);
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) { this.canvas.width = Math.round(width * ratio); this.canvas.height = Math.round(height * ratio); }
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const scale = QUANTITIES[this.quantity] ?? QUANTITIES.sinr;
    pen.lineWidth = Math.max(1.6, Math.min(14, 3.4 * this.scale())); pen.lineCap = 'round';
    // Each colour is one path: strokes are what costs.
    /** @type {Map<string, Path2D>} */ const paths = new Map();
    for (const lane of this.cover.lanes) {
      for (let i = 1; i < lane.length; i += 1) {
        const [x0, y0] = this.place(lane[i - 1][0], lane[i - 1][1]);
        const [x1, y1] = this.place(lane[i][0], lane[i][1]);
        if (Math.max(x0, x1) < 0 || Math.min(x0, x1) > width || Math.max(y0, y1) < 0 || Math.min(y0, y1) > height) continue;
        const colour = colourOf(lane[i][scale.at], scale);
        let path = paths.get(colour);
        if (!path) paths.set(colour, path = new Path2D());
        path.moveTo(x0, y0); path.lineTo(x1, y1);
      }
    }
    for (const [colour, path] of paths) { pen.strokeStyle = colour; pen.stroke(path); }
    const style = getComputedStyle(this.canvas);
    const [ink, panel, accent] = ['--ink', '--panel', '--accent'].map((name) => style.getPropertyValue(name));
    pen.font = '600 11px system-ui, sans-serif'; pen.textBaseline = 'middle';
    for (const mast of this.cover.masts) {
      const [x, y] = this.place(mast.at_m[0], mast.at_m[1]);
      pen.fillStyle = ink; pen.globalAlpha = 0.22;
      for (const turn of mast.sectors_rad) { pen.beginPath(); pen.moveTo(x, y); pen.arc(x, y, 22, -turn - 0.5, -turn + 0.5); pen.closePath(); pen.fill(); }
      pen.globalAlpha = 1;
      pen.fillStyle = panel; pen.strokeStyle = ink; pen.lineWidth = 2;
      pen.beginPath(); pen.moveTo(x, y - 7); pen.lineTo(x + 6, y + 5); pen.lineTo(x - 6, y + 5); pen.closePath(); pen.fill(); pen.stroke();
      pen.fillStyle = ink; pen.textAlign = 'left'; pen.fillText(mast.name, x + 9, y - 6);
    }
    for (const { name, x: mx, y: my } of this.vehicles) {
      const [x, y] = this.place(mx, my);
      pen.fillStyle = accent; pen.strokeStyle = panel; pen.lineWidth = name === this.chosen ? 4 : 2;
      pen.beginPath(); pen.arc(x, y, 7, 0, 7); pen.fill(); pen.stroke();
      const wide = pen.measureText(name).width + 10;
      pen.fillStyle = panel; pen.globalAlpha = 0.85; pen.fillRect(x - wide / 2, y - 26, wide, 16); pen.globalAlpha = 1;
      pen.fillStyle = ink; pen.textAlign = 'center'; pen.fillText(name, x, y - 18);
    }
    this.drawKey(pen, scale, ink, panel, height);
  }

  /** @param {CanvasRenderingContext2D} pen @param {{worst: number, best: number, unit: string}} scale @param {string} ink @param {string} panel @param {number} height */
  drawKey(pen, scale, ink, panel, height) {
    const [left, top, wide] = [14, height - 44, 200];
    pen.fillStyle = panel; pen.globalAlpha = 0.9; pen.fillRect(left - 6, top - 22, wide + 12, 58); pen.globalAlpha = 1;
    RAMP.forEach((colour, index) => { pen.fillStyle = colour; pen.fillRect(left + index * wide / RAMP.length, top, wide / RAMP.length + 0.5, 10); });
    pen.fillStyle = ink; pen.textAlign = 'left'; pen.fillText(`${text(`network.${this.quantity}`)} (${scale.unit})`, left, top - 10);
    pen.fillText(String(scale.worst), left, top + 22); pen.textAlign = 'right'; pen.fillText(String(scale.best), left + wide, top + 22);
  }

  close() {
    this.abort.abort();
    this.observer.disconnect();
  }
}
