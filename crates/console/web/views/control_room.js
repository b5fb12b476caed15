/**
 * Control room: map, fleet, time and distance, alarms, the view from a vehicle; stop and release.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from 'htm/preact';
import { clockText, delayText, stopName, text } from '../catalogue.js';
import { order } from '../link.js';
import { may } from '../session.js';
import { MapView } from '../map.js';
import { RideView } from '../ride.js';
import { colourOf, Diagram } from '../diagram.js';
import { useDrawing } from '../drawing.js';

/** @param {import('../app.js').Stage & {language: string}} stage */
export function ControlRoom({ link, town, site, route, go }) {
  const state = link.state;
  const chosen = route.of.get('vehicle') ?? state?.vehicles.find((vehicle) => vehicle.phase === 'driving')?.name ?? state?.vehicles[0]?.name ?? null;
  const from = /** @type {'chase'|'seat'|'orbit'} */ (route.of.get('from') ?? 'chase');
  const [map_host, ride_host, diagram_canvas] = [useRef(/** @type {any} */ (null)), useRef(/** @type {any} */ (null)), useRef(/** @type {any} */ (null))];
  const parts = useRef(/** @type {{map: MapView, ride: RideView, diagram: Diagram}|null} */ (null));
  useEffect(() => {
    const map = new MapView(map_host.current, town, link, (name) => { go({ vehicle: name }); map.follow(name); });
    const ride = new RideView(ride_host.current, town, link);
    const diagram = new Diagram(diagram_canvas.current, site, link);
    const stop_following = link.subscribe(() => { diagram.follow(); diagram.draw(); });
    parts.current = { map, ride, diagram };
    return () => { stop_following(); map.close(); ride.close(); };
  }, []);
  useEffect(() => { if (parts.current) { parts.current.ride.name = chosen; parts.current.ride.setFrom(from); } }, [chosen, from]);
  useDrawing(link, town, () => (parts.current ? [parts.current.map, parts.current.ride] : []));
  return html`
    <section class="panel map" aria-label=${text('map')}>
      <div class="canvas" ref=${map_host} role="application" aria-label=${text('map.help')}></div>
      <div class="tools">
        <button onClick=${() => parts.current?.map.fit()}>${text('map.fit')}</button>
        <button onClick=${() => parts.current?.map.follow(chosen)} disabled=${!chosen}>${text('map.follow')}</button>
      </div>
    </section>
    <section class="panel ride" aria-label=${text('scene')}>
      <div class="canvas" ref=${ride_host} role="img" aria-label=${text('scene')}></div>
      <div class="tools">
        <span class="chosen">${chosen}</span>
        ${['chase', 'seat', 'orbit'].map((other) => html`<button aria-pressed=${from === other} onClick=${() => go({ from: other })}>${text(`scene.${other}`)}</button>`)}
      </div>
    </section>
    <${Fleet} state=${state} site=${site} chosen=${chosen} choose=${(/** @type {string} */ name) => go({ vehicle: name })} />
    <${Alarms} state=${state} />
    <section class="panel diagram">
      <h2>${text('diagram')}</h2>
      <canvas ref=${diagram_canvas} role="img" aria-label=${text('diagram.help')}></canvas>
    </section>`;
}

/** @param {{state: import('../link.js').State|null, site: import('../site.js').Site, chosen: string|null, choose: (name: string) => void}} properties */
function Fleet({ state, site, chosen, choose }) {
  const [asks, ask] = useState(false);
  const vehicles = state?.vehicles ?? [];
  const all_stop = vehicles.length > 0 && vehicles.every((vehicle) => vehicle.is_ordered_to_stop);
  return html`
    <section class="panel fleet">
      <h2>${text('fleet')}
        <span class="figures">${text('trips')} <b>${state?.trips_done ?? 0}/${state?.trips_planned ?? 0}</b></span>
        ${state?.is_live && may('stop_vehicles') && (asks
          ? html`<span class="sure" role="alertdialog" aria-label=${text('stop.sure')}>${text('stop.sure')}
              <button class="danger" onClick=${() => { ask(false); order('api/stop'); }}>${text('yes')}</button>
              <button onClick=${() => ask(false)}>${text('no')}</button></span>`
          : all_stop && may('release_vehicles')
            ? html`<button onClick=${() => order('api/release')}>${text('release.all')}</button>`
            : html`<button class="danger" onClick=${() => ask(true)}>${text('stop.all')}</button>`)}
      </h2>
      <div class="rows" tabindex="0" role="region" aria-label=${text('fleet')}>
      <table>
        <thead><tr>${['name', 'mode', 'doing', 'next', 'delay', 'load', 'charge', 'speed'].map((column) => html`<th scope="col" class=${column}>${text(`fleet.${column}`)}</th>`)}${state?.is_live && may('stop_vehicles') && html`<th scope="col"><span class="unseen">${text('fleet.orders')}</span></th>`}</tr></thead>
        <tbody>${vehicles.map((vehicle, index) => html`
          <tr class=${vehicle.name === chosen ? 'chosen' : ''} onClick=${() => choose(vehicle.name)}>
            <th scope="row"><a href=${`#/control_room?vehicle=${encodeURIComponent(vehicle.name)}`}><i class="swatch" style=${{ background: colourOf(index) }}></i>${vehicle.name}</a></th>
            <td><span class=${`mode ${vehicle.mode}`}>${text(`mode.${vehicle.mode}`)}</span></td>
            <td class="doing">${vehicle.asked ? html`<a class="asks" href=${`#/vehicle?vehicle=${encodeURIComponent(vehicle.name)}`}>${text('fleet.asks')}</a>` : text(vehicle.phase === 'driving' || vehicle.is_ordered_to_stop ? `reason.${vehicle.reason}` : `phase.${vehicle.phase}`)}</td>
            <td class="next">${vehicle.stop === null ? '–' : stopName(site.stops[vehicle.stop]?.name ?? '')}</td>
            <td class=${`number ${(vehicle.delay_s ?? 0) > 180 ? 'late' : ''}`}>${delayText(vehicle.delay_s)}</td>
            <td class="number">${vehicle.passengers}/${site.vehicles[index]?.seats ?? '–'}</td>
            <td class="number charge"><meter min="0" max="1" low="0.3" value=${vehicle.charge} aria-label=${text('fleet.charge')}></meter>${Math.round(100 * vehicle.charge)} %</td>
            <td class="number">${Math.round(3.6 * vehicle.speed_mps)}</td>
            ${state?.is_live && may('stop_vehicles') && html`<td class="orders">${vehicle.is_ordered_to_stop
              ? may('release_vehicles') && html`<button aria-label=${text('release.one', vehicle.name)} onClick=${(/** @type {Event} */ event) => { event.stopPropagation(); order(`api/vehicles/${encodeURIComponent(vehicle.name)}/release`); }}>${text('release')}</button>`
              : html`<button class="danger" aria-label=${text('stop.one', vehicle.name)} onClick=${(/** @type {Event} */ event) => { event.stopPropagation(); order(`api/vehicles/${encodeURIComponent(vehicle.name)}/stop`); }}>${text('stop')}</button>`}</td>`}
          </tr>`)}</tbody>
      </table></div>
    </section>`;
}

/** @param {{state: import('../link.js').State|null}} properties */
function Alarms({ state }) {
  const alarms = state?.alarms ?? [];
  const open = alarms.filter((alarm) => !alarm.is_acknowledged);
  const shown = [...open, ...alarms.filter((alarm) => alarm.is_acknowledged)];
  return html`
    <section class="panel alarms">
      <h2>${text('alarms')} ${open.length > 0 && html`<span class="count">${open.length}</span>`}</h2>
      <ul aria-live="polite" tabindex="0" aria-label=${text('alarms')}>
        ${shown.length === 0 && html`<li class="none">${text('alarms.none')}</li>`}
        ${shown.map((alarm) => html`
          <li key=${alarm.number} class=${`${alarm.severity} ${alarm.is_acknowledged ? 'seen' : ''}`}>
            <time>${clockText(alarm.clock_s)}</time>
            <span class="what"><b>${text(`severity.${alarm.severity}`)}</b> ${sentence(alarm)}</span>
            ${alarm.is_acknowledged ? html`<span class="quiet">${text('acknowledged')}</span>` : may('acknowledge_alarms') && html`<button onClick=${() => order(`api/alarms/${alarm.number}/acknowledge`)}>${text('acknowledge')}</button>`}
          </li>`)}
      </ul>
    </section>`;
}

/** @param {import('../link.js').Alarm} alarm */
function sentence({ kind, vehicle, detail, trip, stop }) {
  const words = kind === 'fault_raised' ? detail.split(' ').map((fault) => text(`fault.${fault}`)).join(', ') : kind === 'disrupted' ? text(`reason.${detail}`) : kind === 'supervisor_asked' ? text(`proposal.${detail.replaceAll(' ', '_')}`) : detail;
  return text(`alarm.${kind}`, vehicle, words, trip, stopName(stop));
}
