/**
 * Winding through runs: one clock for all runs that are shown, the bar that moves it, and the stage that shows one.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from 'htm/preact';
import { text } from './catalogue.js';
import { MapView } from './map.js';
import { RideView } from './ride.js';
import { siteOf } from './run.js';
import { Town } from './town.js';

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 5];
/** While a run plays, what stands around it (curves, bars, tables) follows this often; the run itself with each picture. */
const FOLLOW_MS = 90;
/** One step by the button. */
const STEP_S = 0.1;

/** @typedef {{at_s: number, end_s: number, is_playing: boolean, speed: number, wind: (at_s: number) => void, play: (is_playing: boolean) => void, pace: (speed: number) => void, is_there: boolean}} Winding */

/** @param {import('./run.js').RunLink[]} links @param {number} from_s @returns {Winding} */
export function useWinding(links, from_s) {
  const [, redraw] = useState(0);
  const clock = useRef({ at_s: from_s, is_playing: false, speed: 1 });
  const end_s = Math.max(0, ...links.map((link) => link.run.end_s));
  const wind = (/** @type {number} */ at_s) => {
    clock.current.at_s = Math.max(0, Math.min(end_s, at_s));
    for (const link of links) link.wind(clock.current.at_s);
    redraw((count) => count + 1);
  };
  // A run that was asked for by a link to one of its moments begins there, any other at its start, and plays.
  const is_first = useRef(true);
  useEffect(() => {
    if (!links.length) return;
    clock.current.is_playing = !(is_first.current && from_s > 0);
    wind(is_first.current ? from_s : 0);
    is_first.current = false;
  }, [links]);
  useEffect(() => {
    let [request, last_ms, followed_ms] = [0, 0, 0];
    const turn = (/** @type {number} */ now_ms) => {
      request = requestAnimationFrame(turn);
      const gone_s = Math.min(0.2, (now_ms - (last_ms || now_ms)) / 1000);
      last_ms = now_ms;
      if (!clock.current.is_playing || !links.length) return;
      clock.current.at_s = Math.min(end_s, clock.current.at_s + gone_s * clock.current.speed);
      if (clock.current.at_s >= end_s) clock.current.is_playing = false;
      for (const link of links) link.wind(clock.current.at_s);
      if (clock.current.is_playing && now_ms - followed_ms < FOLLOW_MS) return;
      followed_ms = now_ms;
      redraw((count) => count + 1);
    };
    request = requestAnimationFrame(turn);
    return () => cancelAnimationFrame(request);
  }, [links]);
  return {
    ...clock.current, end_s, wind, is_there: links.length > 0,
    play: (is_playing) => { if (is_playing && clock.current.at_s >= end_s - 1e-6) wind(0); clock.current.is_playing = is_playing; redraw((count) => count + 1); },
    pace: (speed) => { clock.current.speed = speed; redraw((count) => count + 1); },
  };
}

/** @param {{winding: Winding, keep: (at_s: number) => void}} properties `keep` puts a moment into the page's address */
export function WindBar({ winding, keep }) {
  const latest = useRef(winding);
  latest.current = winding;
  useEffect(() => {
    const pressed = (/** @type {KeyboardEvent} */ event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (event.key !== ' ' || ['BUTTON', 'INPUT', 'SELECT', 'A', 'SUMMARY'].includes(target.tagName)) return;
      event.preventDefault();
      latest.current.play(!latest.current.is_playing);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  const pause = (/** @type {number} */ at_s) => { winding.play(false); winding.wind(at_s); };
  return html`
    <div class="wind_bar time_bar" role="group" aria-label=${text('wind')}>
      <button class="round" disabled=${!winding.is_there} aria-label=${text(winding.is_playing ? 'pause' : 'play')} onClick=${() => { winding.play(!winding.is_playing); if (winding.is_playing) keep(winding.at_s); }}>${winding.is_playing ? '❚❚' : '▶'}</button>
      <button class="round" disabled=${!winding.is_there} aria-label=${text('step.back')} title=${text('step.back')} onClick=${() => pause(winding.at_s - STEP_S)}>❙◂</button>
      <button class="round" disabled=${!winding.is_there} aria-label=${text('step')} title=${text('step')} onClick=${() => pause(winding.at_s + STEP_S)}>▸❙</button>
      <output class="clock" aria-label=${text('wind.time')}>${text('seconds', winding.at_s.toFixed(2))}</output>
      <input type="range" aria-label=${text('wind.time')} min="0" max=${winding.end_s} step="0.05" value=${winding.at_s} aria-valuetext=${text('seconds', winding.at_s.toFixed(2))}
        onInput=${(/** @type {Event} */ event) => pause(Number(/** @type {HTMLInputElement} */ (event.target).value))} onChange=${(/** @type {Event} */ event) => keep(Number(/** @type {HTMLInputElement} */ (event.target).value))} />
      <span class="quiet">${text('seconds', winding.end_s.toFixed(1))}</span>
      <label>${text('speed')}
        <select value=${String(winding.speed)} onChange=${(/** @type {Event} */ event) => winding.pace(Number(/** @type {HTMLSelectElement} */ (event.target).value))}>
          ${SPEEDS.map((speed) => html`<option value=${String(speed)} selected=${speed === winding.speed}>${speed}×</option>`)}
        </select>
      </label>
    </div>`;
}

/** Towns of maps that were shown lately: two runs on one map share it, and a run played again finds it. */
/** @type {{key: string, town: Town, ready: Promise<void>}[]} */ const TOWNS = [];

/** @param {import('./run.js').Run} run @param {boolean} is_dark */
function townOf(run, is_dark) {
  const site = siteOf(run);
  const [x, y, z] = site.patterns[0]?.points_m[0] ?? [run.actors[0]?.x_m.find((value) => value !== null) ?? 0, 0, 0];
  const key = run.map ?? `${run.name} ${x} ${y}`;
  let known = TOWNS.find((town) => town.key === key);
  if (!known) {
    const town = new Town({ ...site, patterns: [] });
    town.is_dark = is_dark;
    const ready = town.load(run.map ? `api/maps/${encodeURIComponent(run.map)}` : null, [x, z, -y]).catch((error) => { console.warn(error); });
    known = { key, town, ready };
    TOWNS.unshift(known);
    TOWNS.length = Math.min(TOWNS.length, 3);
  }
  return { town: known.town, ready: known.ready, site };
}

/** A run from above or from within. @param {{link: import('./run.js').RunLink, is_dark: boolean, title: string, from: string, choose: (from: string) => void}} properties */
export function RunStage({ link, is_dark, title, from, choose }) {
  const [map_host, ride_host] = [useRef(/** @type {any} */ (null)), useRef(/** @type {any} */ (null))];
  const parts = useRef(/** @type {{map: MapView, ride: RideView, town: Town}|null} */ (null));
  const seen = useRef(from);
  seen.current = from;
  useEffect(() => {
    const { town, site } = townOf(link.run, is_dark);
    const map = new MapView(map_host.current, town, link, () => {}, site);
    const ride = new RideView(ride_host.current, town, link);
    ride.name = link.ego();
    // Near enough to tell who is who.
    map.is_placed = true;
    map.camera.zoom = 7;
    map.follow(link.ego());
    parts.current = { map, ride, town };
    let request = 0;
    const turn = () => {
      request = requestAnimationFrame(turn);
      if (document.hidden) return;
      const is_map = seen.current === 'map';
      // The town is shared: whoever is drawn next sets it to what it shows.
      town.update(link, is_map ? null : ride.hidden());
      if (is_map) map.draw(); else ride.draw();
      /** @type {any} */ (globalThis).westline.drawn += 1;
    };
    turn();
    return () => { cancelAnimationFrame(request); map.close(); ride.close(); };
  }, [link]);
  useEffect(() => { parts.current?.ride.setFrom(/** @type {'chase'|'seat'|'orbit'} */ (from === 'map' ? 'chase' : from)); }, [from, link]);
  useEffect(() => { parts.current?.town.setTheme(is_dark); }, [is_dark, link]);
  return html`
    <section class="panel stage" aria-label=${title}>
      <div class=${`canvas ${from === 'map' ? '' : 'away'}`} ref=${map_host} role="application" aria-label=${text('scenario.above', title)}></div>
      <div class=${`canvas ${from === 'map' ? 'away' : ''}`} ref=${ride_host} role="img" aria-label=${text('scene')}></div>
      <div class="tools">
        <span class="chosen">${title}</span>
        ${['map', 'chase', 'seat', 'orbit'].map((other) => html`<button aria-pressed=${from === other} onClick=${() => choose(other)}>${text(other === 'map' ? 'map' : `scene.${other}`)}</button>`)}
        ${from === 'map' && html`<button onClick=${() => parts.current?.map.fit()}>${text('scenario.fit')}</button><button onClick=${() => parts.current?.map.follow(link.ego())}>${text('map.follow')}</button>`}
      </div>
    </section>`;
}
