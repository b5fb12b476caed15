/**
 * Time and distance: each trip a line, thin as planned, bold as driven, scrolling with now.
 *
 * The site's plan and the server's trajectories go in, and each state's distances; a canvas shows the half hour before
 * now and the quarter of an hour after. Patterns of a line lie under each other.
 */
import { clockText, stopName } from './catalogue.js';

const BEFORE_S = 2100;
const AFTER_S = 900;
const COLOURS = ['#0b8ac4', '#d1783b', '#3d9a62', '#a05fa8', '#b8902a', '#5c6bc0'];

export class Diagram {
  /** @param {HTMLCanvasElement} canvas @param {import('./site.js').Site} site @param {import('./link.js').Link} link */
  constructor(canvas, site, link) {
    this.canvas = canvas; this.site = site; this.link = link;
    /** @type {Map<string, [number, number][]>} */ this.driven = new Map();
    this.last_s = NaN;
    this.reload();
  }

  async reload() {
    const answer = await fetch('api/trajectories').catch(() => null);
    if (answer?.ok) this.driven = new Map(await answer.json());
  }

  /** Adds where everybody is now. */
  follow() {
    const state = this.link.state;
    if (!state) return;
    // After a jump the server tells what lies between.
    if (!(state.clock_s >= this.last_s && state.clock_s < this.last_s + 30 * Math.max(1, state.speed)) && !Number.isNaN(this.last_s)) this.reload();
    this.last_s = state.clock_s;
    if (!state.is_live) return;
    for (const { trip, distance_m } of state.vehicles) {
      if (!trip || distance_m === null) continue;
      const line = this.driven.get(trip) ?? [];
      const end = line.at(-1);
      if (!end || state.clock_s - end[0] >= 2) line.push([state.clock_s, distance_m]);
      this.driven.set(trip, line);
    }
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || !this.link.state) return;
    const ratio = Math.min(devicePixelRatio, 2);
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio); this.canvas.height = Math.round(height * ratio);
    }
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const now_s = this.link.state.clock_s;
    const style = getComputedStyle(this.canvas);
    const look = { ink: style.color, faint: style.getPropertyValue('--line'), soft: style.getPropertyValue('--soft'), width, height, now_s };
    const names = width < 520 ? 84 : 132;
    const x = (/** @type {number} */ s) => names + ((s - now_s + BEFORE_S) / (BEFORE_S + AFTER_S)) * (width - names);
    this.drawTimes(pen, look, x, names);
    const patterns = this.site.patterns.slice(0, 3);
    const band = (height - 20) / patterns.length;
    patterns.forEach((pattern, index) => {
      const top = index * band + 10;
      const y = (/** @type {number} */ m) => top + (band - 18) * (1 - m / Math.max(pattern.length_m, 1));
      this.drawStops(pen, look, pattern, y, names);
      pen.save();
      pen.beginPath(); pen.rect(names, 0, width - names, height - 18); pen.clip();
      this.drawTrips(pen, look, index, x, y);
      pen.restore();
    });
    pen.strokeStyle = '#e0483e'; pen.lineWidth = 1.5;
    pen.beginPath(); pen.moveTo(x(now_s), 4); pen.lineTo(x(now_s), height - 18); pen.stroke();
  }

  /** @param {CanvasRenderingContext2D} pen @param {any} look @param {(s: number) => number} x @param {number} names */
  drawTimes(pen, look, x, names) {
    pen.font = '11px system-ui, sans-serif'; pen.textBaseline = 'alphabetic'; pen.textAlign = 'center';
    const first = Math.ceil((look.now_s - BEFORE_S) / 600) * 600;
    for (let s = first; s < look.now_s + AFTER_S; s += 600) {
      if (x(s) < names) continue;
      pen.strokeStyle = look.faint; pen.lineWidth = 1;
      pen.beginPath(); pen.moveTo(x(s), 4); pen.lineTo(x(s), look.height - 18); pen.stroke();
      pen.fillStyle = look.soft;
      if (x(s) > names + 16 && x(s) < look.width - 16) pen.fillText(clockText(s).slice(0, 5), x(s), look.height - 5);
    }
  }

  /** @param {CanvasRenderingContext2D} pen @param {any} look @param {import('./site.js').Pattern} pattern @param {(m: number) => number} y @param {number} names */
  drawStops(pen, look, pattern, y, names) {
    pen.textAlign = 'right'; pen.textBaseline = 'middle';
    let last = Infinity;
    for (const [stop, distance_m] of pattern.stops) {
      pen.strokeStyle = look.faint; pen.lineWidth = 1;
      pen.beginPath(); pen.moveTo(names, y(distance_m)); pen.lineTo(look.width, y(distance_m)); pen.stroke();
      if (last - y(distance_m) < 11) continue;
      last = y(distance_m);
      pen.fillStyle = look.soft;
      pen.fillText(shorten(pen, stopName(this.site.stops[stop].name), names - 10), names - 6, y(distance_m));
    }
  }

  /** @param {CanvasRenderingContext2D} pen @param {any} look @param {number} index @param {(s: number) => number} x @param {(m: number) => number} y */
  drawTrips(pen, look, index, x, y) {
    const stops = this.site.patterns[index].stops;
    for (const trip of this.site.trips) {
      if (trip.pattern !== index) continue;
      const [from_s, to_s] = [trip.calls_s[0][1], trip.calls_s[trip.calls_s.length - 1][0]];
      if (to_s < look.now_s - BEFORE_S - 1200 || from_s > look.now_s + AFTER_S) continue;
      pen.strokeStyle = look.soft; pen.lineWidth = 1; pen.globalAlpha = 0.55;
      pen.beginPath();
      trip.calls_s.forEach(([arrival_s, departure_s], call) => {
        const m = stops[call]?.[1] ?? 0;
        if (call) pen.lineTo(x(arrival_s), y(m)); else pen.moveTo(x(arrival_s), y(m));
        pen.lineTo(x(departure_s), y(m));
      });
      pen.stroke();
      pen.globalAlpha = 1;
    }
    const owner = new Map((this.link.state?.vehicles ?? []).map((vehicle, at) => [vehicle.trip, at]));
    for (const [id, line] of this.driven) {
      const trip = this.site.trips.find((other) => other.id === id);
      if (trip?.pattern !== index) continue;
      const seen = line.filter(([s]) => s <= look.now_s + 0.1 && s > look.now_s - BEFORE_S - 60);
      if (!seen.length) continue;
      const at = owner.get(id);
      pen.strokeStyle = at === undefined ? look.ink : COLOURS[at % COLOURS.length];
      pen.lineWidth = at === undefined ? 1.6 : 2.6; pen.lineJoin = 'round';
      pen.beginPath();
      seen.forEach(([s, m], i) => (i ? pen.lineTo(x(s), y(m)) : pen.moveTo(x(s), y(m))));
      pen.stroke();
      if (at !== undefined) {
        const [s, m] = seen[seen.length - 1];
        pen.fillStyle = COLOURS[at % COLOURS.length];
        pen.beginPath(); pen.arc(x(s), y(m), 4, 0, 7); pen.fill();
        pen.textAlign = 'left'; pen.textBaseline = 'middle'; pen.font = '600 11px system-ui, sans-serif';
        pen.fillText(this.link.state?.vehicles[at].name ?? '', x(s) + 8, y(m) - 8);
      }
    }
  }
}

/** @param {CanvasRenderingContext2D} pen @param {string} name @param {number} width */
function shorten(pen, name, width) {
  pen.font = '11px system-ui, sans-serif';
  let shown = name;
  while (shown.length > 3 && pen.measureText(shown).width > width) shown = `${shown.slice(0, -2).trimEnd()}…`;
  return shown;
}

/** The colour of a vehicle, by its place in the fleet. @param {number} index */
export function colourOf(index) {
  return COLOURS[index % COLOURS.length];
}

