/**
 * The live link: frames and states from the server, for as long as the page is open.
 *
 * In come WebSocket messages (text: the state as JSON; binary: a frame, layout 1 of docs/console.md); out go the latest
 * state to subscribers, and frames between which `at` moves everybody smoothly. It reconnects by itself, and orders go
 * out as POSTs. It does not know what is drawn.
 */
import { may, readSession, send } from './session.js';

/** @typedef {{name: string, actor: number|null, mode: string, phase: string, reason: string, trip: string|null, stop: number|null,
 *  delay_s: number|null, passengers: number, charge: number, speed_mps: number, acceleration_mps2: number,
 *  lateral_acceleration_mps2: number, steering_rad: number, speed_mps_target: number|null, gap_m: number|null,
 *  time_to_collision_s: number|null, odometer_m: number, distance_m: number|null, is_ordered_to_stop: boolean,
 *  link: LinkRow|null, decision: Decision|null, asked: {proposal: string, is_held: boolean, answer_clock_s: number|null}|null}} Vehicle */
/** @typedef {{acceleration_mps2: number, is_urgent: boolean, candidates: {reason: string, acceleration_mps2: number, speed_mps: number}[],
 *  rivals: {track: number, kind: string, reason: string, ahead_m: number, left_m: number, speed_mps: number, acceleration_mps2: number, margin_s: number|null}[],
 *  refusals: {manoeuvre: string, cause: string}[], lawful: string|null, physical: string|null, stop_line_m: number|null, odd_fit: string,
 *  odd: {attribute: string, value: number|null, unit: string, limit: number|null, is_bounded_above: boolean, fit: string}[],
 *  ladder: {rung: string, cause: string, since_s: number, live_lane_s: number}|null}} Decision */
/** @typedef {{cell: string, sinr_db: number|null, up_mbps: number|null, down_mbps: number|null, frames: number, frames_in_time: number,
 *  glass_ms: number|null, command_ms: number|null, loop_ms_max: number|null, speed_kmh: number|null, is_lost: boolean}} LinkRow */
/** @typedef {{number: number, clock_s: number, kind: string, severity: string, vehicle: string, trip: string, stop: string,
 *  detail: string, is_acknowledged: boolean}} Alarm */
/** @typedef {{is_live: boolean, is_paused: boolean, is_done: boolean, from_s: number, to_s: number, clock_s: number, speed: number,
 *  speed_reached: number, trips_done: number, trips_planned: number, vehicles: Vehicle[], waiting: number[], alarms: Alarm[],
 *  failure: string|null}} State */
/** @typedef {{sequence: number, clock_s: number, count: number, id: Uint32Array, x: Int32Array, y: Int32Array, z: Int32Array,
 *  heading: Uint16Array, pitch: Int16Array, speed: Int16Array, shape: Uint16Array, shapes: Uint16Array, flags: Uint8Array,
 *  signals: Uint8Array, row: Map<number, number>, arrived_ms: number}} Frame */

/** First byte and layout of a frame. */
const MAGIC = 0x57;
const LAYOUT = 1;
/** Whoever moves farther between two frames was set there, and is not moved smoothly. */
const JUMP_MM = 60_000;

export class Link {
  constructor() {
    /** @type {State|null} */ this.state = null;
    /** @type {Frame|null} */ this.frame = null;
    /** @type {Frame|null} */ this.before = null;
    /** Frames received and bytes of them, for those who measure. */
    this.received = { frames: 0, bytes: 0 };
    this.is_open = false;
    this.is_waiting = true;
    /** @type {Set<() => void>} */ this.listeners = new Set();
    this.wait_ms = 500;
  }

  open() {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => { this.is_open = true; this.wait_ms = 500; this.tell(); };
    socket.onmessage = ({ data }) => (typeof data === 'string' ? this.takeState(data) : this.takeFrame(data));
    socket.onclose = () => {
      this.is_open = false;
      this.tell();
      setTimeout(() => this.reopen(), this.wait_ms);
      this.wait_ms = Math.min(2 * this.wait_ms, 4000);
    };
  }

  /** Opens again, unless nobody is logged in any more: then the login does. */
  async reopen() {
    await readSession().catch(() => {});
    if (may('watch')) this.open(); else this.is_waiting = true;
  }

  /** Opens if it waits for a login. */
  resume() {
    if (!this.is_waiting) return;
    this.is_waiting = false;
    this.open();
  }

  /** @param {() => void} listener @returns {() => void} */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }

  tell() {
    for (const listener of this.listeners) listener();
  }

  /** @param {string} text */
  takeState(text) {
    this.state = JSON.parse(text);
    this.tell();
  }

  /** @param {ArrayBuffer} bytes */
  takeFrame(bytes) {
    const frame = decode(bytes);
    if (!frame) return;
    this.received.frames += 1;
    this.received.bytes += bytes.byteLength;
    // After a jump in time there is nothing to move between.
    const goes_on = this.frame && frame.clock_s >= this.frame.clock_s && frame.clock_s - this.frame.clock_s < 200;
    this.before = goes_on ? this.frame : null;
    this.frame = frame;
  }

  /**
   * The clock as it is to be drawn now: one frame behind, so that there is always one to move towards.
   * @returns {{share: number, clock_s: number}}
   */
  now() {
    const { frame, before } = this;
    if (!frame) return { share: 1, clock_s: 0 };
    if (!before || before.clock_s === frame.clock_s) return { share: 1, clock_s: frame.clock_s };
    const span_ms = Math.max(30, Math.min(400, frame.arrived_ms - before.arrived_ms));
    const share = Math.min(1, (performance.now() - frame.arrived_ms) / span_ms);
    return { share, clock_s: before.clock_s + share * (frame.clock_s - before.clock_s) };
  }

  /**
   * Where the actor in a row of the latest frame is to be drawn.
   * @param {number} row @param {number} share @param {{x: number, y: number, z: number, heading: number, pitch: number}} into metres, radians
   */
  at(row, share, into) {
    const frame = /** @type {Frame} */ (this.frame);
    const old = this.before?.row.get(frame.id[row]);
    let [x, y, z, heading] = [frame.x[row], frame.y[row], frame.z[row], frame.heading[row]];
    if (old !== undefined && this.before && share < 1) {
      const b = this.before;
      const [dx, dy] = [x - b.x[old], y - b.y[old]];
      if (Math.abs(dx) + Math.abs(dy) < JUMP_MM) {
        x = b.x[old] + share * dx;
        y = b.y[old] + share * dy;
        z = b.z[old] + share * (z - b.z[old]);
        const turn = ((heading - b.heading[old] + 98304) & 0xffff) - 32768;
        heading = b.heading[old] + share * turn;
      }
    }
    into.x = x / 1000; into.y = y / 1000; into.z = z / 1000;
    into.heading = heading * (Math.PI / 32768);
    into.pitch = frame.pitch[row] / 1e4;
  }

  /** Row of an actor in the latest frame. @param {number|null|undefined} id @returns {number} -1 if it is not there */
  rowOf(id) {
    return id == null ? -1 : (this.frame?.row.get(id) ?? -1);
  }
}

/** @param {ArrayBuffer} bytes @returns {Frame|null} null if it is of another layout */
export function decode(bytes) {
  const head = new DataView(bytes);
  if (bytes.byteLength < 32 || head.getUint8(0) !== MAGIC || head.getUint8(1) !== LAYOUT) return null;
  const [count, shapes, signals] = [head.getUint32(24, true), head.getUint16(28, true), head.getUint16(30, true)];
  let at = 32;
  /** @template T @param {new (b: ArrayBuffer, o: number, n: number) => T} Kind @param {number} width @param {number} n @returns {T} */
  const column = (Kind, width, n) => { const view = new Kind(bytes, at, n); at += width * n; return view; };
  const frame = {
    sequence: head.getUint32(4, true), clock_s: head.getFloat64(8, true), count,
    id: column(Uint32Array, 4, count), x: column(Int32Array, 4, count), y: column(Int32Array, 4, count),
    z: column(Int32Array, 4, count), heading: column(Uint16Array, 2, count), pitch: column(Int16Array, 2, count),
    speed: column(Int16Array, 2, count), shape: column(Uint16Array, 2, count), shapes: column(Uint16Array, 2, 4 * shapes),
    flags: column(Uint8Array, 1, count), signals: column(Uint8Array, 1, signals),
    row: new Map(), arrived_ms: performance.now(),
  };
  for (let row = 0; row < count; row += 1) frame.row.set(frame.id[row], row);
  return frame;
}

/**
 * Gives an order; the answer is shown by what happens.
 * @param {string} path @param {object} [body] @returns {Promise<boolean>}
 */
export async function order(path, body = {}) {
  const answer = await send(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return answer.ok;
}
