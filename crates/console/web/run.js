/**
 * A run of a scenario, wound to any moment, with the interface of the live link, so that map and ride show it as they
 * show a day.
 *
 * The server's JSON of a run goes in; `at_s` is set by whoever winds. It computes nothing but what lies between two
 * moments that the server told.
 */
import { Link } from './link.js';
import { send } from './session.js';

/** @typedef {{name: string, kind: number, size_m: number[], is_ego: boolean, x_m: (number|null)[], y_m: number[], z_m: number[],
 *  heading_rad: number[], pitch_rad: number[], speed_mps: number[]}} Actor */
/** @typedef {{kind: string, name: string, spans_s: [number, number][], actors: number[], does: string[], triggers: {name: string, kind: string, fills: string[], delay_s: number}[][]}} Row */
/** @typedef {{name: string, unit: string, value: number, time_s: number, place_m: number[], actors: string[]}} Measure */
/** @typedef {{title: string, name: string, driver: string, description: string, map: string|null, end_s: number, has_ended: boolean, times_s: number[], actors: Actor[],
 *  storyboard: Row[], measures: Measure[], curves: {name: string, unit: string, smaller_is_worse: boolean, values: (number|null)[]}[],
 *  collisions: {time_s: number, actors: string[], impact_mps: number, sides: string[]}[], parameters: [string, string, string][], warnings: string[], notes: string[]}} Run */

/** The ego is drawn as the line's vehicles are. */
const OWN = 5;

export class RunLink extends Link {
  /** @param {Run} run */
  constructor(run) {
    super();
    this.run = run;
    this.at_s = 0;
    const count = run.actors.length;
    const ids = Uint32Array.from(run.actors, (_, index) => index);
    const shapes = new Uint16Array(4 * count);
    run.actors.forEach(({ kind, is_ego, size_m }, index) => {
      shapes.set([is_ego && kind < OWN ? OWN : kind, ...size_m.map((metres) => Math.min(65535, Math.round(1000 * metres)))], 4 * index);
    });
    /** @type {import('./link.js').Frame} */
    this.frame = {
      sequence: 0, clock_s: 0, count, id: ids, x: new Int32Array(count), y: new Int32Array(count), z: new Int32Array(count),
      heading: new Uint16Array(count), pitch: new Int16Array(count), speed: new Int16Array(count), shape: Uint16Array.from(ids), shapes,
      flags: new Uint8Array(count), signals: new Uint8Array(0), row: new Map(run.actors.map((_, index) => [index, index])), arrived_ms: 0,
    };
    this.is_there = run.actors.map(() => false);
    this.is_open = true;
    /** @type {import('./link.js').Vehicle[]} */
    const vehicles = run.actors.map((actor, index) => ({ ...NOBODY, name: actor.name, actor: index, mode: actor.is_ego ? 'automated' : 'other' }));
    this.state = { is_live: false, is_paused: true, is_done: false, from_s: 0, to_s: run.end_s, clock_s: 0, speed: 1, speed_reached: 1, trips_done: 0, trips_planned: 0, vehicles, waiting: [], alarms: [], failure: null };
    this.wind(0);
  }

  /** Goes to a moment. @param {number} at_s */
  wind(at_s) {
    const { run } = this;
    const frame = /** @type {import('./link.js').Frame} */ (this.frame);
    this.at_s = Math.max(0, Math.min(run.end_s, at_s));
    const { before, share } = this.moment(this.at_s);
    const after = Math.min(before + 1, run.times_s.length - 1);
    run.actors.forEach((actor, row) => {
      const [x0, x1] = [actor.x_m[before] ?? null, actor.x_m[after] ?? null];
      this.is_there[row] = x0 !== null;
      if (x0 === null) { frame.x[row] = frame.y[row] = 0; frame.z[row] = -1e9; return; }
      const mix = (/** @type {(number|null)[]} */ column) => {
        const from = column[before] ?? 0;
        const to = column[after] ?? from;
        return from + share * (to - from);
      };
      // Whoever is set elsewhere does not slide there.
      const slides = x1 !== null && Math.hypot(x1 - x0, actor.y_m[after] - actor.y_m[before]) < 10;
      frame.x[row] = 1000 * (slides ? mix(actor.x_m) : x0);
      frame.y[row] = 1000 * (slides ? mix(actor.y_m) : actor.y_m[before]);
      frame.z[row] = 1000 * (slides ? mix(actor.z_m) : actor.z_m[before]);
      const turn = slides ? actor.heading_rad[after] - actor.heading_rad[before] : 0;
      const heading = actor.heading_rad[before] + share * Math.atan2(Math.sin(turn), Math.cos(turn));
      frame.heading[row] = Math.round(heading * 32768 / Math.PI) & 0xffff;
      frame.pitch[row] = Math.round(1e4 * actor.pitch_rad[before]);
      frame.speed[row] = Math.round(100 * mix(actor.speed_mps));
    });
    if (this.state) { this.state.clock_s = this.at_s; for (const [row, vehicle] of this.state.vehicles.entries()) { vehicle.actor = this.is_there[row] ? row : null; vehicle.speed_mps = frame.speed[row] / 100; } }
    this.tell();
  }

  /** The moment told last before a time, and how far the time is towards the next. @param {number} at_s */
  moment(at_s) {
    const { times_s } = this.run;
    let [low, high] = [0, times_s.length];
    while (low < high) { const middle = (low + high) >> 1; if (times_s[middle] <= at_s) low = middle + 1; else high = middle; }
    const before = Math.max(0, low - 1);
    const span_s = (times_s[before + 1] ?? times_s[before]) - times_s[before];
    return { before, share: span_s > 0 ? Math.max(0, Math.min(1, (at_s - times_s[before]) / span_s)) : 0 };
  }

  /** @returns {string|null} */
  ego() {
    return this.run.actors.find(({ is_ego }) => is_ego)?.name ?? this.run.actors[0]?.name ?? null;
  }
}

const NOBODY = {
  phase: 'driving', reason: 'cruise', trip: null, stop: null, delay_s: null, passengers: 0, charge: 0, speed_mps: 0, acceleration_mps2: 0, lateral_acceleration_mps2: 0,
  steering_rad: 0, speed_mps_target: null, gap_m: null, time_to_collision_s: null, odometer_m: 0, distance_m: null, is_ordered_to_stop: false, link: null, decision: null, asked: null,
};

/** A site that holds nothing but the way of a run's ego, for a town around it. @param {Run} run @returns {import('./site.js').Site} */
export function siteOf(run) {
  const ego = run.actors.find(({ is_ego }) => is_ego) ?? run.actors[0];
  /** @type {number[][]} */ const points_m = [];
  for (const actor of [ego, ...run.actors]) {
    actor?.x_m.forEach((x, at) => {
      const last = points_m.at(-1);
      if (x !== null && (actor === ego || !ego?.x_m.length) && (!last || Math.hypot(x - last[0], actor.y_m[at] - last[1]) > 4)) points_m.push([x, actor.y_m[at], actor.z_m[at]]);
    });
  }
  const [xs, ys] = [points_m.map(([x]) => x), points_m.map(([, y]) => y)];
  return {
    id: run.name, name: run.name, place: '', date: '', time_zone: '', map: run.map ?? '', bounds_m: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], line: '',
    stops: [], trips: [], vehicles: [], signals: [], patterns: points_m.length > 1 ? [{ route: '', headsign: '', colour: '', length_m: 0, points_m, stops: [] }] : [],
  };
}

/**
 * What the server answers to a question with a body; what it refuses is an error with its words.
 * @param {string} path @param {object} [body] asked by GET without @returns {Promise<any>}
 */
export async function ask(path, body) {
  const answer = await send(path, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {});
  const told = await answer.json().catch(() => ({ error: String(answer.status), hint: '' }));
  if (!answer.ok) throw new Error([told.error, told.hint].filter(Boolean).join('\n'));
  return told;
}
