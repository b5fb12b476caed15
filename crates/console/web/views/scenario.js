/**
 * Scenario: open one, run it, wind it; its storyboard with triggers and its measures on one time axis; two runs side by side.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from 'htm/preact';
import { text } from '../catalogue.js';
import { ask, RunLink } from '../run.js';
import { RunStage, useWinding, WindBar } from '../winding.js';
import { Curves, Storyboard } from '../storyboard.js';

/** @typedef {{id: string, title: string, group: string}} Shelved */
/** @typedef {{links: RunLink[], error: string|null, is_busy: boolean}} Shown */

/** @param {import('../app.js').Stage & {language: string, is_dark: boolean}} stage */
export function ScenarioView({ route, go, is_dark, language }) {
  const [shelf, setShelf] = useState(/** @type {{scenarios: Shelved[], drivers: string[]}|null} */ (null));
  const [shown, show] = useState(/** @type {Shown} */ ({ links: [], error: null, is_busy: false }));
  // Of files that could not be opened. What was shown stays, and a run still under way does not wipe it.
  const [refusal, refuse] = useState(/** @type {string|null} */ (null));
  const [values, setValues] = useState(/** @type {Record<string, string>} */ ({}));
  const id = route.of.get('file') ?? shelf?.scenarios[0]?.id ?? null;
  const driver = route.of.get('driver') ?? 'ideal';
  const other = route.of.get('with');
  const asked = useRef(0);
  const reload = () => ask('api/scenarios').then(setShelf, (error) => show({ links: [], error: error.message, is_busy: false }));
  useEffect(() => { reload(); }, []);
  const play = async (/** @type {Record<string, string>} */ parameters) => {
    if (!id) return;
    asked.current += 1;
    const turn = asked.current;
    show((before) => ({ ...before, is_busy: true, error: null }));
    try {
      const runs = await Promise.all([driver, other].filter(Boolean).map((name) => ask('api/scenarios/run', { id, driver: name, parameters })));
      if (turn === asked.current) show({ links: runs.map((run) => new RunLink(run)), error: null, is_busy: false });
    } catch (error) {
      if (turn === asked.current) show({ links: [], error: /** @type {Error} */ (error).message, is_busy: false });
    }
  };
  useEffect(() => { setValues({}); play({}); }, [id]);
  useEffect(() => { if (shown.links.length || shown.error) play(values); }, [driver, other]);
  const open = async (/** @type {FileList|null} */ files) => {
    if (!files?.length) return;
    refuse(null);
    const sent = await Promise.all(Array.from(files, async (file) => ({ name: file.name, text: await file.text() })));
    try {
      const opened = await ask('api/scenarios/open', { files: sent });
      await reload();
      go({ file: opened.id, t: null });
    } catch (error) {
      refuse(/** @type {Error} */ (error).message);
    }
  };
  const winding = useWinding(shown.links, Number(route.of.get('t') ?? 0) || 0);
  const run = shown.links[0]?.run;
  const groups = [...new Set((shelf?.scenarios ?? []).map(({ group }) => group))];
  const pickDriver = (/** @type {string} */ key, /** @type {string|null} */ chosen, /** @type {boolean} */ may_none) => html`
    <select aria-label=${text(key)} value=${chosen ?? ''} onChange=${(/** @type {Event} */ event) => go({ [may_none ? 'with' : 'driver']: /** @type {HTMLSelectElement} */ (event.target).value || null })}>
      ${may_none && html`<option value="" selected=${!chosen}>${text('scenario.alone')}</option>`}
      ${(shelf?.drivers ?? []).map((name) => html`<option value=${name} selected=${name === chosen}>${name}</option>`)}
    </select>`;
  return html`
    <section class="panel pick" aria-label=${text('scenario.open')} onDragOver=${(/** @type {DragEvent} */ event) => event.preventDefault()} onDrop=${(/** @type {DragEvent} */ event) => { event.preventDefault(); open(event.dataTransfer?.files ?? null); }}>
      <label><span>${text('scenario.file')}</span><select class="file" value=${id ?? ''} onChange=${(/** @type {Event} */ event) => { refuse(null); go({ file: /** @type {HTMLSelectElement} */ (event.target).value, t: null }); }}>
        ${groups.map((group) => html`<optgroup label=${group === 'opened' ? text('scenario.opened') : group}>${(shelf?.scenarios ?? []).filter((one) => one.group === group).map((one) => html`<option value=${one.id} selected=${one.id === id}>${one.title}</option>`)}</optgroup>`)}
      </select></label>
      <label class="button"><span>${text('scenario.open')}</span><input class="unseen" type="file" multiple accept=".xosc,.xodr,.xml" aria-label=${text('scenario.open.help')} onChange=${(/** @type {Event} */ event) => { const input = /** @type {HTMLInputElement} */ (event.target); open(input.files); input.value = ''; }} /></label>
      <label><span>${text('scenario.driver')}</span>${pickDriver('scenario.driver', driver, false)}</label>
      <label><span>${text('scenario.beside')}</span>${pickDriver('scenario.beside', other, true)}</label>
      ${run && run.parameters.length > 0 && html`<details class="values"><summary>${text('scenario.parameters')}</summary>
        <form onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); play(values); }}>
          ${run.parameters.map(([name, kind, value]) => html`<label><span>${name}</span><input value=${values[name] ?? value} title=${kind} onInput=${(/** @type {Event} */ event) => setValues({ ...values, [name]: /** @type {HTMLInputElement} */ (event.target).value })} /></label>`)}
          <button>${text('scenario.run')}</button>
        </form></details>`}
      ${shown.is_busy && html`<span class="quiet" role="status">${text('scenario.busy')}</span>`}
    </section>
    ${(refusal ?? shown.error) && html`<p class="refused" role="alert">${refusal ?? shown.error}</p>`}
    <div class=${`stages ${shown.links.length > 1 ? 'two' : 'one'}`}>
      ${shown.links.map((link, index) => html`<${RunStage} key=${index} link=${link} is_dark=${is_dark} title=${link.run.driver} from=${route.of.get('from') ?? 'map'} choose=${(/** @type {string} */ from) => go({ from })} />`)}
    </div>
    <section class="panel axis" tabindex="0" aria-label=${text('scenario.axis')}>
      ${shown.links.length > 0 && html`${shown.links.map((link) => html`<${Storyboard} link=${link} winding=${winding} title=${shown.links.length > 1 ? link.run.driver : null} />`)}
      <${Curves} links=${shown.links} winding=${winding} language=${language} key=${language + is_dark} />`}
    </section>
    <section class="panel worst" tabindex="0" aria-label=${text('scenario.worst')}>
      <h2>${text('scenario.worst')}</h2>
      ${run && html`<table>
        <thead><tr><th scope="col">${text('scenario.measure')}</th>${shown.links.map((link) => html`<th scope="col" class="number">${link.run.driver}</th><th scope="col" class="number">${text('scenario.when')}</th>`)}</tr></thead>
        <tbody>${[...new Set(shown.links.flatMap((link) => link.run.measures.map(({ name }) => name)))].map((name) => html`<tr>
          <th scope="row">${text(`measure.${name}`)}</th>
          ${shown.links.map((link) => { const worst = link.run.measures.find((one) => one.name === name); return worst ? html`<td class="number">${worst.value.toFixed(2)} ${worst.unit}</td><td class="number"><button class="link" title=${worst.actors.join(', ')} onClick=${() => winding.wind(worst.time_s)}>${text('seconds', worst.time_s.toFixed(1))}</button></td>` : html`<td class="number">–</td><td></td>`; })}
        </tr>`)}</tbody></table>
        <ul class="happened">
          ${shown.links.flatMap((link) => [
            ...link.run.collisions.map((one) => html`<li class="bad"><button class="link" onClick=${() => winding.wind(one.time_s)}>${text('seconds', one.time_s.toFixed(2))}</button> ${text('scenario.collision', one.actors.join(' × '), (3.6 * one.impact_mps).toFixed(1))} ${shown.links.length > 1 && html`<span class="quiet">${link.run.driver}</span>`}</li>`),
            ...link.run.warnings.map((warning) => html`<li class="quiet">${warning}</li>`), ...link.run.notes.map((note) => html`<li class="quiet">${note}</li>`),
          ])}
          ${shown.links.every((link) => !link.run.collisions.length) && html`<li>${text('scenario.no_collision')}</li>`}
        </ul>`}
    </section>
    <${WindBar} winding=${winding} keep=${(/** @type {number} */ at_s) => go({ t: at_s ? at_s.toFixed(2) : null })} />`;
}
