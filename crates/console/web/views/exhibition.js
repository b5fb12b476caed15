/**
 * Exhibition: a tour by itself over the live service, and something to break.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from 'htm/preact';
import { text } from '../catalogue.js';
import { order } from '../link.js';
import { may } from '../session.js';
import { RideView } from '../ride.js';
import { MapView } from '../map.js';
import { Diagram } from '../diagram.js';
import { useDrawing } from '../drawing.js';

/** What is shown, from where, and what may be done. */
const STATIONS = [
  { key: 'tour.welcome', show: 'ride', from: 'chase' },
  { key: 'tour.see', show: 'ride', from: 'seat' },
  { key: 'tour.line', show: 'diagram', from: 'chase' },
  { key: 'tour.break', show: 'ride', from: 'orbit', act: 'sensor' },
  { key: 'tour.stop', show: 'map', from: 'chase', act: 'stop' },
];
/** Each station stays for so long when nobody touches anything. */
const STAY_MS = 14_000;

/** @param {import('../app.js').Stage & {language: string}} stage */
export function Exhibition({ link, town, site, route, go }) {
  const at = Math.min(STATIONS.length - 1, Math.max(0, Number(route.of.get('station') ?? 0) || 0));
  const station = STATIONS[at];
  const [touched, touch] = useState(0);
  const [ride_host, map_host, canvas] = [useRef(/** @type {any} */ (null)), useRef(/** @type {any} */ (null)), useRef(/** @type {any} */ (null))];
  const parts = useRef(/** @type {{map: MapView, ride: RideView, diagram: Diagram}|null} */ (null));
  const vehicles = link.state?.vehicles ?? [];
  const vehicle = vehicles.find((other) => other.phase === 'driving' || other.is_ordered_to_stop || other.mode === 'fault') ?? vehicles[0];
  const star = useRef(/** @type {string|null} */ (null));
  // The tour stays with one vehicle while a station lasts.
  if (!star.current || !vehicles.some((other) => other.name === star.current && other.phase !== 'resting')) star.current = vehicle?.name ?? null;
  const shown = vehicles.find((other) => other.name === star.current);
  useEffect(() => {
    const ride = new RideView(ride_host.current, town, link);
    const map = new MapView(map_host.current, town, link, () => {});
    const diagram = new Diagram(canvas.current, site, link);
    const stop = link.subscribe(() => { diagram.follow(); diagram.draw(); });
    parts.current = { map, ride, diagram };
    return () => { stop(); ride.close(); map.close(); };
  }, []);
  useEffect(() => {
    if (!parts.current) return;
    parts.current.ride.name = star.current;
    parts.current.ride.setFrom(/** @type {'chase'|'seat'|'orbit'} */ (station.from));
    if (station.show === 'map') { parts.current.map.is_placed = true; parts.current.map.follow(star.current); }
  }, [at, star.current]);
  useEffect(() => {
    const timer = setTimeout(() => go({ station: String((at + 1) % STATIONS.length) }), STAY_MS + (touched ? 3 * STAY_MS : 0));
    return () => clearTimeout(timer);
  }, [at, touched]);
  useDrawing(link, town, () => (parts.current ? [station.show === 'map' ? parts.current.map : parts.current.ride] : []));
  const act = (/** @type {string} */ what) => { touch(touched + 1); if (shown) order(`api/vehicles/${encodeURIComponent(shown.name)}/${what}`); };
  const doing = shown ? text(shown.phase === 'driving' || shown.is_ordered_to_stop ? `reason.${shown.reason}` : `phase.${shown.phase}`) : '';
  return html`
    <div class=${`canvas ${station.show === 'ride' ? '' : 'away'}`} ref=${ride_host} role="img" aria-label=${text('scene')}></div>
    <div class=${`canvas ${station.show === 'map' ? '' : 'away'}`} ref=${map_host} role="img" aria-label=${text('map')}></div>
    <div class=${`canvas plan ${station.show === 'diagram' ? '' : 'away'}`}><canvas ref=${canvas} role="img" aria-label=${text('diagram.help')}></canvas></div>
    <section class="words" aria-live="polite">
      <h2>${text(station.key)}</h2>
      <p>${text(`${station.key}.text`, doing)}</p>
      ${shown && html`<p class="now"><span class=${`mode ${shown.mode}`}>${text(`mode.${shown.mode}`)}</span> <b>${Math.round(3.6 * shown.speed_mps)}</b> ${text('fleet.speed')} · ${doing}</p>`}
      ${link.state?.is_live && shown && station.act === 'sensor' && may('break_sensors') && html`<button class="big danger" onClick=${() => act(shown.mode === 'fault' ? 'mend-sensor' : 'break-sensor')}>${text(shown.mode === 'fault' ? 'sensor.mend' : 'sensor.break')}</button>`}
      ${link.state?.is_live && shown && station.act === 'stop' && may(shown.is_ordered_to_stop ? 'release_vehicles' : 'stop_vehicles') && html`<button class="big danger" onClick=${() => act(shown.is_ordered_to_stop ? 'release' : 'stop')}>${text(shown.is_ordered_to_stop ? 'release' : 'stop')}</button>`}
      <nav class="stations">
        <button onClick=${() => { touch(touched + 1); go({ station: String((at + STATIONS.length - 1) % STATIONS.length) }); }}>${text('tour.back')}</button>
        <span>${at + 1} / ${STATIONS.length}</span>
        <button onClick=${() => { touch(touched + 1); go({ station: String((at + 1) % STATIONS.length) }); }}>${text('tour.next')}</button>
      </nav>
    </section>`;
}
