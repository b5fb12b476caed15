/**
 * What a vehicle's driver decided last, and why: its request, the degradation ladder, candidates, rivals, the fail-safe
 * continuation, the operational design domain.
 *
 * In goes a vehicle of the state; out comes a panel. Words of the record are keys of the catalogue.
 */
import { html } from 'htm/preact';
import { clockText, text } from './catalogue.js';
import { order } from './link.js';
import { may } from './session.js';

/** @typedef {import('./link.js').Vehicle} Vehicle */
/** @typedef {import('./link.js').Decision} DecisionRow */

/** Accelerations that bars show: from full braking to what anybody would call free. */
const BAR_MPS2 = [-4, 2];
/** More than this is no limit: what the vehicle can do. */
const FREE_MPS2 = 1;

/** A word of the record in the language at hand. @param {string} room @param {string} word */
const said = (room, word) => text(`${room}.${word.replaceAll(' ', '_')}`);

/** @param {{vehicle: Vehicle|undefined, is_live: boolean}} properties */
export function Decision({ vehicle, is_live }) {
  const decision = vehicle?.decision;
  return html`
    <section class="panel decision" tabindex="0" aria-label=${text('decision')}>
      <h2>${text('decision')} ${decision && html`<span class=${`odd ${decision.odd_fit}`}>${text('odd')}: ${said('odd.fit', decision.odd_fit)}</span>`}</h2>
      ${vehicle?.asked && html`<${Asked} vehicle=${vehicle} is_live=${is_live} />`}
      ${!decision && html`<p class="none">${text('decision.none')}</p>`}
      ${decision?.ladder && html`<p class="ladder"><b>${said('rung', decision.ladder.rung)}</b> ${cause(decision.ladder.cause)}, ${text('seconds', Math.round(decision.ladder.since_s))}</p>`}
      ${decision && html`
        <h3>${text('decision.candidates')}</h3>
        <ol class="candidates">${decision.candidates.map((candidate, index) => html`
          <li class=${index === 0 ? 'plan' : ''}><span>${text(`reason.${candidate.reason}`)}</span><${Bar} value=${candidate.acceleration_mps2} /><span class="number">${candidate.acceleration_mps2 < FREE_MPS2 || index === 0 ? text('mps2', signed(candidate.acceleration_mps2)) : text('decision.free')}</span></li>`)}
        </ol>
        ${decision.rivals.length > 0 && html`<h3>${text('decision.rivals')}</h3>
        <ul class="rivals">${decision.rivals.map((rival) => html`<li><b>${said('object', rival.kind)}</b> ${place(rival)}, ${Math.round(3.6 * rival.speed_mps)} ${text('kmh')}: ${text(`reason.${rival.reason}`)}</li>`)}</ul>`}
        ${decision.refusals.length > 0 && html`<ul class="rivals">${decision.refusals.map((refusal) => html`<li>${text('decision.refused', said('manoeuvre', refusal.manoeuvre), said('refused', refusal.cause))}</li>`)}</ul>`}
        <h3>${text('decision.proof')}</h3>
        <ul class="proofs">${[['lawful', decision.lawful], ['physical', decision.physical]].map(([rules, proof]) => html`<li class=${proof === null ? 'untried' : proof === 'open' ? 'open' : 'proved'}><span>${text(`proof.${rules}`)}</span> <b>${text(`proof.is.${proof ?? 'untried'}`)}</b></li>`)}</ul>
        ${decision.odd.length > 0 && html`<h3>${text('odd')}</h3>
        <ul class="bounds">${decision.odd.map((odd) => html`<${Bound} odd=${odd} />`)}</ul>`}`}
    </section>`;
}

/** What it asks, and the hands that answer. @param {{vehicle: Vehicle, is_live: boolean}} properties */
function Asked({ vehicle, is_live }) {
  const asked = vehicle.asked;
  if (!asked) return null;
  const answer = (/** @type {string} */ word) => order(`api/vehicles/${encodeURIComponent(vehicle.name)}/${word}`);
  return html`
    <div class="asked" role="alert">
      <p><b>${text('asked', vehicle.name)}</b> ${said('proposal', asked.proposal)}</p>
      <p class="acts">${is_live && may('answer_vehicles') && html`
        <button class="sure" onClick=${() => answer('confirm')}>${text('asked.confirm')}</button>
        ${!asked.is_held && html`<button onClick=${() => answer('hold')}>${text('asked.hold')}</button>`}`}
        <span class="quiet">${asked.is_held ? text('asked.held') : asked.answer_clock_s !== null ? text('asked.by_itself', clockText(asked.answer_clock_s)) : ''}</span></p>
    </div>`;
}

/** An acceleration as a bar to the left (brakes) or right (speeds up) of nothing. @param {{value: number}} properties */
function Bar({ value }) {
  const [from, to] = BAR_MPS2;
  const at = (/** @type {number} */ mps2) => (100 * (Math.min(to, Math.max(from, mps2)) - from)) / (to - from);
  const [left, right] = [Math.min(at(0), at(value)), Math.max(at(0), at(value))];
  return html`<i class="bar" aria-hidden="true"><i class=${value < 0 ? 'brakes' : 'speeds'} style=${{ left: `${left}%`, width: `${Math.max(1, right - left)}%` }}></i></i>`;
}

/** How far an attribute is from its bound. @param {{odd: DecisionRow['odd'][number]}} properties */
function Bound({ odd }) {
  const number = (/** @type {number|null} */ value) => (value === null ? '?' : value >= 1000 ? '≥ 1000' : Number(value.toPrecision(3)));
  const value = odd.unit === '' ? text(odd.value ? 'odd.yes' : 'odd.no') : `${number(odd.value)} ${odd.unit}`;
  const limit = odd.limit === null ? null : odd.unit === '' ? text(odd.limit ? 'odd.allowed' : 'odd.forbidden') : `${odd.is_bounded_above ? '≤' : '≥'} ${number(odd.limit)} ${odd.unit}`;
  // Full is at the bound, whichever side of it is the good one.
  const share = odd.value === null || odd.limit === null ? null : odd.is_bounded_above ? odd.value / Math.max(odd.limit, 1e-9) : odd.limit / Math.max(odd.value, 1e-9);
  return html`<li class=${odd.fit}><span>${said('odd', odd.attribute)}</span>${share !== null && html`<i class="bar" aria-hidden="true"><i style=${{ left: 0, width: `${100 * Math.min(1, Math.max(0.01, share))}%` }}></i></i>`}<span class="number">${value}${limit && html` <small>${limit}</small>`}</span></li>`;
}

/** @param {DecisionRow['rivals'][number]} rival */
function place({ ahead_m, left_m }) {
  const along = text(ahead_m >= 0 ? 'place.ahead' : 'place.behind', Math.abs(ahead_m).toFixed(0));
  return Math.abs(left_m) < 1 ? along : `${along}, ${text(left_m > 0 ? 'place.left' : 'place.right', Math.abs(left_m).toFixed(0))}`;
}

/** @param {number} value */
const signed = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;

/** Why it is on the ladder: the record says an attribute or a part, and what became of it. @param {string} words */
function cause(words) {
  for (const [ending, key, room] of [[' near its bound', 'cause.near', 'odd'], [' out of bounds', 'cause.exit', 'odd'], [' fault', 'cause.fault', 'fault']]) {
    if (words.endsWith(ending)) return text(key, said(room, words.slice(0, -ending.length)));
  }
  return said('cause', words);
}
