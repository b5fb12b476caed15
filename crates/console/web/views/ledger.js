/**
 * Ledger: blocks and validators, permits as a procedure with who acts next, evidence, accounts; a document dropped here is verified here.
 */
import { useEffect, useState } from 'preact/hooks';
import { html } from 'htm/preact';
import { currentLanguage, text } from '../catalogue.js';
import { ask } from '../run.js';
import { Fault, hex, sha256, verifyReceipt } from '../light_client.js';

const LOOK_MS = 3000;
/** A document beyond this is not read into a page. */
const DOCUMENT_BYTES_MAX = 512 << 20;

/** @param {number} ms */
const moment = (ms) => new Date(ms).toLocaleString(currentLanguage() === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const short = (/** @type {string} */ digest) => `${digest.slice(0, 10)}…`;

/** @param {import('../app.js').Stage & {language: string}} stage */
export function LedgerView({ route, go }) {
  const [told, setTold] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {string|null} */ (null));
  const [found, setFound] = useState(/** @type {{name: string, holds: boolean|null, words: string}|null} */ (null));
  const tab = route.of.get('tab') ?? 'permits';
  useEffect(() => {
    const look = () => ask('api/ledger').then((answer) => { setTold(answer); setError(null); }, (failure) => setError(failure.message));
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const check = async (/** @type {FileList|null} */ files) => {
    const file = files?.[0];
    if (!file) return;
    setFound({ name: file.name, holds: null, words: text('ledger.checking') });
    try {
      if (file.size > DOCUMENT_BYTES_MAX) throw new Fault('ledger.large');
      const bytes = new Uint8Array(await file.arrayBuffer());
      const genesis = await ask('api/ledger/genesis');
      const receipt = receiptIn(bytes);
      const digest = receipt ? null : hex(await sha256(bytes));
      const proof = receipt ?? await ask(`api/ledger/receipts/${digest}`).catch(() => { throw new Fault('ledger.unknown', short(digest ?? '')); });
      const entry = await verifyReceipt(proof, genesis, digest);
      setFound({ name: file.name, holds: true, words: text('ledger.holds', entry.sender, entry.height, entry.signed, entry.time_ms ? moment(entry.time_ms) : '–', entry.index) });
    } catch (failure) {
      const words = failure instanceof Fault ? text(failure.key, ...failure.fills) : /** @type {Error} */ (failure).message;
      setFound({ name: file.name, holds: false, words });
    }
  };
  return html`
    <section class="panel drop" aria-label=${text('ledger.verify')} onDragOver=${(/** @type {DragEvent} */ event) => event.preventDefault()} onDrop=${(/** @type {DragEvent} */ event) => { event.preventDefault(); check(event.dataTransfer?.files ?? null); }}>
      <h2>${text('ledger.verify')}</h2>
      <p class="hint">${text('ledger.verify.help')}</p>
      <label class="button"><span>${text('ledger.choose')}</span><input class="unseen" type="file" aria-label=${text('ledger.choose')} onChange=${(/** @type {Event} */ event) => { const input = /** @type {HTMLInputElement} */ (event.target); check(input.files); input.value = ''; }} /></label>
      ${found && html`<div role="status" class=${`found ${found.holds === null ? '' : found.holds ? 'holds' : 'fails'}`}><b>${found.name}</b><p>${found.holds !== null && html`<strong>${text(found.holds ? 'ledger.genuine' : 'ledger.refused')}</strong> `}${found.words}</p></div>`}
    </section>
    <section class="panel chain" tabindex="0" aria-label=${text('ledger.chain')}>
      <h2>${text('ledger.chain')}</h2>
      ${error && html`<p class="bad" role="alert">${error}</p>`}
      ${told && html`
        <p class="hint origin">${told.origin}</p>
        <ul class="parties">${told.parties.map((/** @type {any} */ party) => html`<li class=${party.validates ? 'validates' : ''}><b>${party.name}</b> <small>${text(`role.${party.role}`)}</small>
          ${party.validates && html`<span class="health"><meter min="0" max=${Math.max(1, told.blocks.length)} value=${party.signed} aria-label=${text('ledger.signed', party.signed, told.blocks.length)}></meter><small>${text('ledger.signed', party.signed, told.blocks.length)}</small></span>`}</li>`)}</ul>
        <h3>${text('ledger.blocks')}</h3>
        <ol class="blocks">${told.blocks.map((/** @type {any} */ block) => html`<li><details><summary><b>${block.height}</b> <time>${moment(block.time_ms)}</time> <small>${text('ledger.entries', block.count)}</small></summary>
          <p class="hint mono">${text('ledger.roots', short(block.log_root), short(block.state_root))} · ${text('ledger.signers', block.signers.join(', '))}</p>
          <ul>${block.entries.map((/** @type {any} */ entry) => html`<li class=${entry.refused ? 'bad' : ''}>${text(`ledger.action.${entry.action}`)} · ${entry.by}${entry.refused ? ` · ${entry.refused}` : ''}</li>`)}</ul></details></li>`)}</ol>`}
    </section>
    <section class="panel books" tabindex="0" aria-label=${text('ledger.books')}>
      <div class="tabs" role="group" aria-label=${text('ledger.books')}>${['permits', 'evidence', 'accounts'].map((one) => html`<button aria-pressed=${tab === one} onClick=${() => go({ tab: one })}>${text(`ledger.${one}`)}${told ? ` (${told[one].length})` : ''}</button>`)}</div>
      ${told && tab === 'permits' && html`<div class="scroll">${told.permits.map((/** @type {any} */ permit) => html`<${Permit} permit=${permit} told=${told} />`)}${told.permits.length === 0 && html`<p class="hint">${text('ledger.no_permits')}</p>`}</div>`}
      ${told && tab === 'evidence' && html`<div class="scroll"><table><thead><tr>${['subject', 'kind', 'digest', 'by', 'when', 'block'].map((column) => html`<th scope="col">${text(`ledger.column.${column}`)}</th>`)}</tr></thead>
        <tbody>${told.evidence.slice(0, 300).map((/** @type {any} */ one) => html`<tr class=${route.of.get('digest') === one.digest ? 'chosen' : ''}><th scope="row">${one.subject}</th><td>${text(`evidence.${one.kind}`)}</td><td class="mono" title=${one.digest}>${short(one.digest)}</td><td>${one.by}</td><td>${moment(one.time_ms)}</td><td class="number">${one.height}</td></tr>`)}</tbody></table></div>`}
      ${told && tab === 'accounts' && html`<div class="scroll"><table><thead><tr>${['account', 'owner', 'balance', 'debits', 'credits', 'held'].map((column) => html`<th scope="col" class=${['account', 'owner'].includes(column) ? '' : 'number'}>${text(`ledger.column.${column}`)}</th>`)}</tr></thead>
        <tbody>${told.accounts.map((/** @type {any} */ one) => html`<tr><th scope="row" class="mono" title=${one.id}>${one.id.length > 14 ? `${one.id.slice(0, 6)}…${one.id.slice(-5)}` : one.id}</th><td>${one.owner}</td>
          <td class="number"><b>${money(told, one, one.credits_posted - one.debits_posted)}</b></td><td class="number">${money(told, one, one.debits_posted)}</td><td class="number">${money(told, one, one.credits_posted)}</td><td class="number">${money(told, one, one.debits_pending + one.credits_pending)}</td></tr>`)}</tbody></table></div>`}
    </section>`;
}

/** @param {any} told @param {any} account @param {number} amount of the smallest unit */
function money(told, account, amount) {
  const [, code, digits] = told.currencies.find((/** @type {any} */ one) => one[0] === account.ledger) ?? [0, '', 0];
  return `${(amount / 10 ** digits).toFixed(digits)} ${code}`;
}

/** A permit's way through the procedure. @param {{permit: any, told: any}} properties */
function Permit({ permit, told }) {
  const { conditions } = permit;
  const time = (/** @type {number} */ minute) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  return html`<article class="permit">
    <h3>${text('ledger.permit', permit.id)} <span class=${`verdict ${permit.may?.[0] ? 'passed' : 'undecided'}`}>${permit.state}</span>
      <small>${permit.lapses_ms ? text('ledger.until', moment(permit.lapses_ms)) : ''}</small></h3>
    <p class="hint">${permit.holder} · ${permit.vehicles.join(', ')} · ${conditions.area} · ${time(conditions.from_minute)}–${time(conditions.to_minute)} · ${text('ledger.speed', conditions.speed_kmh_max)} · ${text(`supervision.${conditions.supervision}`)}</p>
    <ol class="procedure">
      ${permit.history.map((/** @type {any} */ taken) => html`<li class="taken"><b>${taken.step}</b><span>${taken.by}</span><time>${moment(taken.time_ms)}</time>${taken.evidence.map((/** @type {string} */ digest) => html`<a class="mono" href=${`#/ledger?tab=evidence&digest=${digest}`} title=${digest}>${short(digest)}</a>`)}${taken.note && html`<small>${taken.note}</small>`}</li>`)}
      ${permit.next.map((/** @type {any} */ step) => html`<li class="next"><b>${step.step}</b><span>${text('ledger.next', text(`role.${step.by}`), step.who.join(', '))}</span><small>${step.needs.length ? text('ledger.needs', step.needs.map((/** @type {any} */ need) => text(`evidence.${need.kind}`)).join(', ')) : ''}</small></li>`)}
    </ol>
  </article>`;
}

/** @param {Uint8Array} bytes @returns {import('../light_client.js').Receipt|null} a receipt, if the file is one */
function receiptIn(bytes) {
  if (bytes.length > 1 << 20 || bytes[0] !== 123) return null;
  try {
    const form = JSON.parse(new TextDecoder().decode(bytes));
    return form.format === 'westline-receipt-1' ? form : null;
  } catch { return null; }
}
