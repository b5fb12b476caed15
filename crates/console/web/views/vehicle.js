/**
 * Vehicle: the view from it, why it does what it does, and curves of the last minutes.
 */
import { useEffect, useRef } from 'preact/hooks';
import { html } from 'htm/preact';
import Plot from 'uplot';
import { clockText, delayText, stopName, text } from '../catalogue.js';
import { RideView } from '../ride.js';
import { MapView } from '../map.js';
import { Decision } from '../decision.js';
import { useDrawing } from '../drawing.js';
import { order } from '../link.js';
import { may } from '../session.js';

/** Seconds that the curves show. */
const SPAN_S = 180;
/** Curves: their title, what they show at the least, and lines, each a word and what it takes of a vehicle. */
const CURVES = [
  { title: 'vehicle.speed', least: [0, 50], lines: [['vehicle.driven', (/** @type {Vehicle} */ v) => 3.6 * v.speed_mps, '#0b8ac4'], ['vehicle.wanted', (/** @type {Vehicle} */ v) => (v.speed_mps_target === null ? null : 3.6 * v.speed_mps_target), '#d1783b']] },
  { title: 'vehicle.acceleration', least: [-2, 2], lines: [['vehicle.along', (/** @type {Vehicle} */ v) => v.acceleration_mps2, '#0b8ac4'], ['vehicle.lateral', (/** @type {Vehicle} */ v) => v.lateral_acceleration_mps2, '#d1783b']] },
  { title: 'vehicle.steering', least: [-10, 10], lines: [['vehicle.steering', (/** @type {Vehicle} */ v) => v.steering_rad * 180 / Math.PI, '#3d9a62']] },
];
/** @typedef {import('../link.js').Vehicle} Vehicle */

/** @param {import('../app.js').Stage & {language: string}} stage */
export function VehicleView({ link, town, site, route, go, language }) {
  const state = link.state;
  const vehicles = state?.vehicles ?? [];
  const vehicle = vehicles.find(({ name }) => name === route.of.get('vehicle')) ?? vehicles[0];
  const name = vehicle?.name ?? null;
  const from = /** @type {'chase'|'seat'|'orbit'} */ (route.of.get('from') ?? 'seat');
  const [ride_host, map_host, curves_host] = [useRef(/** @type {any} */ (null)), useRef(/** @type {any} */ (null)), useRef(/** @type {any} */ (null))];
  const parts = useRef(/** @type {{map: MapView, ride: RideView}|null} */ (null));
  useEffect(() => {
    const ride = new RideView(ride_host.current, town, link);
    const map = new MapView(map_host.current, town, link, (other) => go({ vehicle: other }));
    parts.current = { map, ride };
    return () => { ride.close(); map.close(); };
  }, []);
  useEffect(() => {
    if (!parts.current) return;
    parts.current.ride.name = name;
    parts.current.ride.setFrom(from);
    parts.current.map.is_placed = true;
    parts.current.map.follow(name);
  }, [name, from]);
  useEffect(() => curves(curves_host.current, link, name), [name, language]);
  useDrawing(link, town, () => (parts.current ? [parts.current.map, parts.current.ride] : []));
  const figure = (/** @type {string} */ key, /** @type {string|import("preact").VNode} */ value) => html`<div><dt>${text(key)}</dt><dd>${value}</dd></div>`;
  return html`
    <section class="panel ride" aria-label=${text('scene')}>
      <div class="canvas" ref=${ride_host} role="img" aria-label=${text('scene')}></div>
      <div class="tools">
        <label><span class="unseen">${text('vehicle.pick')}</span><select value=${name ?? ''} onChange=${(/** @type {Event} */ event) => go({ vehicle: /** @type {HTMLSelectElement} */ (event.target).value })}>${vehicles.map((other) => html`<option value=${other.name} selected=${other.name === name}>${other.name}</option>`)}</select></label>
        ${['seat', 'chase', 'orbit'].map((other) => html`<button aria-pressed=${from === other} onClick=${() => go({ from: other })}>${text(`scene.${other}`)}</button>`)}
      </div>
    </section>
    <section class="panel map" aria-label=${text('map')}><div class="canvas" ref=${map_host} role="application" aria-label=${text('map.help')}></div></section>
    <section class="panel facts" tabindex="0" aria-label=${name}>
      <h2>${name} ${vehicle && html`<span class=${`mode ${vehicle.mode}`}>${text(`mode.${vehicle.mode}`)}</span>`}</h2>
      ${vehicle && html`
        <p class="why"><b>${text('vehicle.why')}</b> ${text(vehicle.phase === 'driving' || vehicle.is_ordered_to_stop ? `reason.${vehicle.reason}` : `phase.${vehicle.phase}`)}</p>
        <dl>
          ${figure('fleet.speed', String(Math.round(3.6 * vehicle.speed_mps)))}
          ${figure('fleet.next', vehicle.stop === null ? '–' : stopName(site.stops[vehicle.stop]?.name ?? ''))}
          ${figure('fleet.delay', delayText(vehicle.delay_s))}
          ${figure('fleet.load', String(vehicle.passengers))}
          ${figure('fleet.charge', `${Math.round(100 * vehicle.charge)} %`)}
          ${figure('vehicle.gap', vehicle.gap_m === null ? '–' : `${vehicle.gap_m.toFixed(1)} m`)}
          ${figure('vehicle.ttc', vehicle.time_to_collision_s === null ? '–' : `${vehicle.time_to_collision_s.toFixed(1)} s`)}
          ${figure('vehicle.odometer', `${(vehicle.odometer_m / 1000).toFixed(2)} km`)}
          ${vehicle.link && figure('vehicle.link', html`<a href=${`#/network?vehicle=${encodeURIComponent(vehicle.name)}`}>${linkText(vehicle.link)}</a>`)}
        </dl>
        ${state?.is_live && html`<p class="acts">
          ${may(vehicle.is_ordered_to_stop ? 'release_vehicles' : 'stop_vehicles') && html`<button class=${vehicle.is_ordered_to_stop ? '' : 'danger'} onClick=${() => order(`api/vehicles/${encodeURIComponent(vehicle.name)}/${vehicle.is_ordered_to_stop ? 'release' : 'stop'}`)}>${text(vehicle.is_ordered_to_stop ? 'release' : 'stop')}</button>`}
          ${may('break_sensors') && html`<button onClick=${() => order(`api/vehicles/${encodeURIComponent(vehicle.name)}/${vehicle.mode === 'fault' ? 'mend' : 'break'}-sensor`)}>${text(vehicle.mode === 'fault' ? 'sensor.mend' : 'sensor.break')}</button>`}</p>`}`}
    </section>
    <${Decision} vehicle=${vehicle} is_live=${state?.is_live ?? false} />
    <section class="panel curves" ref=${curves_host} tabindex="0" aria-label=${text('vehicle.curves')}></section>`;
}

/** @param {HTMLElement} host @param {import('../link.js').Link} link @param {string|null} name @returns {() => void} */
function curves(host, link, name) {
  const style = getComputedStyle(host);
  const [ink, line] = [style.getPropertyValue('--soft'), style.getPropertyValue('--line')];
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const plots = CURVES.map(({ title, least, lines }) => {
    /** @type {(number|null)[][]} */ const data = [[], ...lines.map(() => [])];
    const plot = new Plot({
      width: Math.max(200, host.clientWidth - 16), height: 150, title: text(title), scales: { x: { time: false }, y: { range: (_, from, to) => [Math.min(least[0], from ?? 0), Math.max(least[1], to ?? 0)] } },
      legend: { show: lines.length > 1, live: false }, cursor: { y: false }, axes: [{ ...axis, space: 80, values: (_, splits) => splits.map(clockText) }, { ...axis, size: 44 }],
      series: [{}, ...lines.map(([label, , stroke]) => ({ label: text(/** @type {string} */ (label)), stroke: /** @type {string} */ (stroke), width: 2, points: { show: false } }))],
    }, /** @type {any} */ (data), host);
    return { plot, data, lines };
  });
  const stop = link.subscribe(() => {
    const vehicle = link.state?.vehicles.find((other) => other.name === name);
    if (!vehicle || !link.state) return;
    const now_s = link.state.clock_s;
    for (const { plot, data, lines } of plots) {
      const last_s = data[0].at(-1) ?? -Infinity;
      if (now_s === last_s) continue;
      if (now_s < last_s || now_s > last_s + 120) data.forEach((column) => { column.length = 0; });
      data[0].push(now_s);
      lines.forEach(([, take], index) => data[index + 1].push(/** @type {(v: Vehicle) => number|null} */ (take)(vehicle)));
      while ((data[0][0] ?? now_s) < now_s - SPAN_S) data.forEach((column) => column.shift());
      plot.setData(/** @type {any} */ (data));
    }
  });
  const observer = new ResizeObserver(() => plots.forEach(({ plot }) => plot.setSize({ width: Math.max(200, host.clientWidth - 16), height: 150 })));
  observer.observe(host);
  return () => { stop(); observer.disconnect(); plots.forEach(({ plot }) => plot.destroy()); };
}

/** Cell and slowest loop of the last second, or that there is none. @param {import('../link.js').LinkRow} link */
function linkText({ cell, loop_ms_max, is_lost }) {
  if (is_lost || !cell) return text('network.unseen');
  return loop_ms_max === null ? cell : `${cell}, ${loop_ms_max.toFixed(0)} ms`;
}
