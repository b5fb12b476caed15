/**
 * Network: the map of coverage, each vehicle's link, the latency budget of remote driving, captures decoded field by field.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from 'htm/preact';
import { text } from '../catalogue.js';
import { ask } from '../run.js';
import { send } from '../session.js';
import { CoverMap, QUANTITIES } from '../cover_map.js';

const LOOK_MS = 1500;

/** @param {import('../app.js').Stage & {language: string, is_dark: boolean}} stage */
export function NetworkView({ link, route, go, is_dark, language }) {
  const [cover, setCover] = useState(/** @type {any} */ (null));
  const [links, setLinks] = useState(/** @type {any[]} */ ([]));
  const [capture, setCapture] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {string|null} */ (null));
  const canvas = useRef(/** @type {any} */ (null));
  const map = useRef(/** @type {CoverMap|null} */ (null));
  const quantity = route.of.get('quantity') ?? 'sinr';
  const chosen = route.of.get('vehicle');
  const kind = route.of.get('kind');
  useEffect(() => { ask('api/network/cover').then(setCover, (failure) => setError(failure.message)); }, []);
  useEffect(() => {
    if (!cover) return undefined;
    const drawn = new CoverMap(canvas.current, cover, (name) => go({ vehicle: name }));
    map.current = drawn;
    return () => { drawn.close(); map.current = null; };
  }, [cover, is_dark, language]);
  useEffect(() => { if (map.current) { map.current.quantity = quantity; map.current.draw(); } }, [quantity, cover, is_dark, language]);
  useEffect(() => {
    const show = (/** @type {any[]} */ all) => {
      setLinks(all);
      if (map.current) { map.current.vehicles = all; map.current.chosen = chosen; map.current.draw(); }
    };
    const look = () => {
      const vehicles = placed(link);
      if (!vehicles.length) { setLinks([]); return; }
      // A service that plays its network tells its links itself; else those of the places are shown.
      if (vehicles.some(({ own }) => own)) { show(vehicles.map((vehicle) => ({ ...vehicle, ...ofDay(vehicle.own, cover?.budget) }))); return; }
      ask(`api/network/links?at=${vehicles.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(';')}`).then((told) => {
        show(vehicles.map((vehicle, index) => ({ ...vehicle, ...ofPlace(told[index]) })));
      }, (failure) => setError(failure.message));
    };
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [chosen, cover]);
  const open = async (/** @type {FileList|null} */ files) => {
    const file = files?.[0];
    if (!file) return;
    const answer = await send('api/network/decode', { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: file });
    const told = await answer.json().catch(() => ({ error: String(answer.status), hint: '' }));
    if (answer.ok) { setCapture({ ...told, name: file.name }); setError(null); } else setError([told.error, told.hint].filter(Boolean).join('\n'));
  };
  const looked = links.find((one) => one.name === chosen) ?? links[0];
  const messages = (capture?.messages ?? []).filter((/** @type {any} */ message) => !kind || message.kind === kind);
  const at = Math.min(Math.max(0, Number(route.of.get('message') ?? 0) || 0), Math.max(0, messages.length - 1));
  return html`
    <section class="panel cover" aria-label=${text('network.cover')}>
      <div class="tabs" role="group" aria-label=${text('network.cover')}>${Object.keys(QUANTITIES).map((one) => html`<button aria-pressed=${quantity === one} onClick=${() => go({ quantity: one })}>${text(`network.${one}`)}</button>`)}</div>
      <div class="sheet"><canvas ref=${canvas} role="img" aria-label=${text('network.cover.help', text(`network.${quantity}`))}></canvas>${!cover && !error && html`<p class="wait" role="status">${text('network.wait')}</p>`}</div>
      ${cover && html`<p class="hint">${text('network.figures', cover.figures.length_km.toFixed(0), (100 * cover.figures.covered).toFixed(1), (100 * cover.figures.holds).toFixed(1), cover.figures.up_mbps[1].toFixed(0), cover.masts.length)}</p>`}
    </section>
    <section class="panel links" tabindex="0" aria-label=${text('network.links')}>
      <h2>${text('network.links')}</h2>
      ${error && html`<p class="bad" role="alert">${error}</p>`}
      <table><thead><tr>${['name', 'cell', 'sinr', 'up', 'down', 'latency', 'in_time'].map((column) => html`<th scope="col" class=${['name', 'cell'].includes(column) ? '' : 'number'}>${text(column === 'latency' && links.some(({ own }) => own) ? 'network.column.loop' : `network.column.${column}`)}</th>`)}</tr></thead>
        <tbody>${links.map((one) => html`<tr class=${one === looked ? 'chosen' : ''} onClick=${() => go({ vehicle: one.name })}><th scope="row"><a href=${`#/network?vehicle=${encodeURIComponent(one.name)}`}>${one.name}</a></th><td>${one.cell ?? '–'}</td>
          <td class="number">${figure(one.sinr_db, 1)}</td><td class="number">${figure(one.up_mbps, 0)}</td><td class="number">${figure(one.down_mbps, 0)}</td><td class="number">${figure(one.latency_ms, 1)}</td><td class=${`number ${one.holds ? 'good' : 'bad'}`}>${one.is_lost ? text('network.unseen') : figure(one.in_time === null ? null : 100 * one.in_time, 2)}</td></tr>`)}</tbody></table>
      ${links.length === 0 && html`<p class="hint">${text('network.nobody')}</p>`}
      ${cover && looked?.own && !looked.own.frames && html`<p class="hint">${text('network.rests', looked.name)}</p>`}
      ${cover && looked && !(looked.own && !looked.own.frames) && html`<${Budget} budget=${cover.budget} up_ms=${looked.up_ms} down_ms=${looked.down_ms} name=${looked.name} />`}
    </section>
    <section class="panel messages" aria-label=${text('network.messages')} onDragOver=${(/** @type {DragEvent} */ event) => event.preventDefault()} onDrop=${(/** @type {DragEvent} */ event) => { event.preventDefault(); open(event.dataTransfer?.files ?? null); }}>
      <h2>${text('network.messages')}
        <label class="button"><span>${text('network.open')}</span><input class="unseen" type="file" accept=".pcap,.pcapng" aria-label=${text('network.open')} onChange=${(/** @type {Event} */ event) => { const input = /** @type {HTMLInputElement} */ (event.target); open(input.files); input.value = ''; }} /></label>
        ${capture && html`<span class="figures">${text('network.counts', capture.name, capture.packets, Object.values(capture.kinds).reduce((/** @type {number} */ sum, /** @type {any} */ count) => sum + count, 0), capture.malformed)}</span>`}</h2>
      ${!capture && html`<p class="hint">${text('network.open.help')}</p>`}
      ${capture && html`<div class="decoded">
        <div class="list" tabindex="0" role="region" aria-label=${text('network.messages')}>
          <p class="legend">${[null, ...Object.keys(capture.kinds)].map((one) => html`<button aria-pressed=${kind === one} onClick=${() => go({ kind: one, message: null })}>${one ? `${one} ${capture.kinds[one]}` : text('network.all')}</button>`)}</p>
          <ol>${messages.slice(0, 500).map((/** @type {any} */ message, /** @type {number} */ index) => html`<li><button aria-pressed=${index === at} onClick=${() => go({ message: String(index) })}><b>${message.kind}</b> <small>${text('network.packet', message.packet, Number(message.time_s).toFixed(3))}</small></button></li>`)}</ol>
          ${capture.faults.length > 0 && html`<ul class="bad">${capture.faults.map((/** @type {any} */ fault) => html`<li>${text('network.fault', fault.packet, fault.layer, fault.what)}</li>`)}</ul>`}
        </div>
        <div class="fields" tabindex="0" role="region" aria-label=${text('network.fields')}>${messages[at] && html`<${Fields} value=${messages[at]} depth=${0} key=${`${kind} ${at}`} />`}</div>
      </div>`}
    </section>`;
}

/** @param {number|null} value @param {number} digits */
function figure(value, digits) {
  return value === null || value === undefined ? '–' : value.toFixed(digits);
}

/** The line's vehicles with their places. @param {import('../link.js').Link} link */
function placed(link) {
  const pose = { x: 0, y: 0, z: 0, heading: 0, pitch: 0 };
  return (link.state?.vehicles ?? []).flatMap(({ name, actor, link: own }) => {
    const row = link.rowOf(actor);
    if (row < 0) return [];
    link.at(row, 1, pose);
    return [{ name, own, x: pose.x, y: pose.y }];
  });
}

/** What the server tells of a place, as a row. @param {any} told */
function ofPlace({ cell, link, holds, down_p99_ms }) {
  const [, , sinr_db, down_mbps, up_mbps, up_ms, in_time] = link;
  return { cell, sinr_db, down_mbps, up_mbps, latency_ms: up_ms, in_time, holds, is_lost: false, up_ms, down_ms: down_p99_ms };
}

/** What the service tells of a vehicle's last second, as a row; what the machines do not take the air does.
 * @param {import('../link.js').LinkRow|null} own @param {any} budget */
function ofDay(own, budget) {
  const machines = (/** @type {string[]} */ ...names) => [...budget?.before_up_ms ?? [], ...budget?.after_up_ms ?? [], ...budget?.after_down_ms ?? []]
    .reduce((sum, [name, ms]) => sum + (names.includes(name) ? ms : 0), 0);
  const rest = (/** @type {number|null|undefined} */ whole_ms, /** @type {string[]} */ ...names) => (whole_ms == null ? null : whole_ms - machines(...names));
  return {
    cell: own?.cell || null, sinr_db: own?.sinr_db ?? null, up_mbps: own?.up_mbps ?? null, down_mbps: own?.down_mbps ?? null,
    latency_ms: own?.loop_ms_max ?? null, in_time: own?.frames ? own.frames_in_time / own.frames : null,
    holds: own != null && !own.is_lost && own.frames_in_time === own.frames, is_lost: own?.is_lost ?? false,
    up_ms: rest(own?.glass_ms, 'capture', 'encode', 'decode', 'display'), down_ms: rest(own?.command_ms, 'input', 'actuate'),
  };
}

/** The loop of remote driving from sensor to actuator. @param {{budget: any, up_ms: number|null, down_ms: number|null, name: string}} properties */
function Budget({ budget, up_ms, down_ms, name }) {
  const parts = [...budget.before_up_ms, ['up', up_ms], ...budget.after_up_ms, ['down', down_ms], ...budget.after_down_ms];
  const whole_ms = parts.reduce((sum, [, ms]) => sum + (ms ?? Infinity), 0);
  const scale_ms = Math.max(budget.loop_ms_max, Number.isFinite(whole_ms) ? whole_ms : 0) * 1.02;
  return html`<div class="budget">
    <h3>${text('network.budget', name)}</h3>
    <div class="bar" role="img" aria-label=${text('network.loop', Number.isFinite(whole_ms) ? whole_ms.toFixed(0) : '–', budget.loop_ms)}>
      ${parts.map(([part, ms], index) => html`<i class=${part === 'up' || part === 'down' ? 'air' : index % 2 ? 'odd_part' : 'even_part'} style=${{ width: `${100 * (ms ?? 0) / scale_ms}%` }} title=${text('network.part', text(`network.part.${part}`), figure(ms, 1))}></i>`)}
      <s style=${{ left: `${100 * budget.loop_ms / scale_ms}%` }}></s>
    </div>
    <p class=${whole_ms <= budget.loop_ms ? 'good' : 'bad'}>${text('network.loop', Number.isFinite(whole_ms) ? whole_ms.toFixed(0) : '–', budget.loop_ms)}</p>
    <p class="hint">${parts.map(([part, ms]) => text('network.part', text(`network.part.${part}`), figure(ms, 1))).join(' · ')}</p>
    <p class="hint">${text('network.regime', budget.regime)}${budget.officer_on_board ? ` · ${text('supervision.on-board')}` : ''}</p>
  </div>`;
}

/** A value field by field. @param {{value: any, depth: number}} properties */
function Fields({ value, depth }) {
  if (value === null || typeof value !== 'object') return html`<span class="value">${String(value)}</span>`;
  const entries = Object.entries(value);
  return html`<dl class="tree">${entries.map(([name, inner]) => (inner !== null && typeof inner === 'object'
    ? html`<div><details open=${depth < 3 && entries.length < 40}><summary>${name}${Array.isArray(inner) ? ` [${inner.length}]` : ''}</summary><${Fields} value=${inner} depth=${depth + 1} /></details></div>`
    : html`<div class="leaf"><dt>${name}</dt><dd>${String(inner)}</dd></div>`))}</dl>`;
}
