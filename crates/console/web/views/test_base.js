/**
 * Test base: campaigns with their verdicts and progress, the parameter space, worst cases, coverage, comparison; any run replays.
 */
import { useEffect, useState } from 'preact/hooks';
import { html } from 'htm/preact';
import { text } from '../catalogue.js';
import { ask, RunLink } from '../run.js';
import { Space } from '../space.js';
import { RunStage, useWinding, WindBar } from '../winding.js';
import { Curves } from '../storyboard.js';

/** A running campaign is looked at this often. */
const LOOK_MS = 2000;
/** A campaign without a record that wrote nothing for so long has stopped. */
const IDLE_S = 60;

/** @param {{played: number, planned: number, outcome?: any, is_done?: boolean, idle_s: number}} campaign */
function stateOf(campaign) {
  if (campaign.is_done ?? campaign.outcome) return 'done';
  return campaign.idle_s < IDLE_S ? 'running' : 'stopped';
}

/** @param {{decision: string}} properties */
function Verdict({ decision }) {
  return html`<span class=${`verdict ${decision}`}>${text(`verdict.${decision}`)}</span>`;
}

/** @param {import('../app.js').Stage & {language: string, is_dark: boolean}} stage */
export function TestBaseView({ route, go, is_dark, language }) {
  const [shelf, setShelf] = useState(/** @type {{folder: string, campaigns: any[]}|null} */ (null));
  const [campaign, setCampaign] = useState(/** @type {any} */ (null));
  const [points, setPoints] = useState(/** @type {any} */ (null));
  const [compared, setCompared] = useState(/** @type {any} */ (null));
  const [links, setLinks] = useState(/** @type {RunLink[]} */ ([]));
  const [error, setError] = useState(/** @type {string|null} */ (null));
  const [checked, setChecked] = useState(/** @type {any} */ (null));
  const name = route.of.get('campaign') ?? shelf?.campaigns[0]?.name ?? null;
  const scenario_id = route.of.get('scenario') ?? campaign?.scenarios.find((/** @type {any} */ one) => one.runs > 0)?.id ?? null;
  const scenario = campaign?.scenarios.find((/** @type {any} */ one) => one.id === scenario_id) ?? null;
  const run = route.of.get('run');
  const tab = route.of.get('tab') ?? 'space';
  const other = route.of.get('before');
  const place = `api/test-base/${encodeURIComponent(name ?? '')}`;
  const tell = (/** @type {Error} */ failure) => setError(failure.message);
  useEffect(() => {
    const look = () => ask('api/test-base').then(setShelf, tell);
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const known = shelf?.campaigns.find((one) => one.name === name);
  // Asked again while it is played, and once more when its record is there.
  useEffect(() => {
    let is_wanted = true;
    setChecked(null);
    if (name && shelf) ask(place).then((told) => { if (is_wanted) { setCampaign(told); setError(null); } }, tell);
    return () => { is_wanted = false; };
  }, [name, known?.played, Boolean(known?.outcome)]);
  useEffect(() => {
    let is_wanted = true;
    if (campaign?.name === name && scenario_id) ask(`${place}/points/${encodeURIComponent(scenario_id)}`).then((told) => { if (is_wanted) setPoints(told); }, tell);
    return () => { is_wanted = false; };
  }, [name, scenario_id, campaign?.name, campaign?.played]);
  useEffect(() => {
    let is_wanted = true;
    setLinks([]);
    if (name && scenario_id && run !== null) ask(`${place}/runs/${encodeURIComponent(scenario_id)}/${encodeURIComponent(run)}`).then((told) => { if (is_wanted) setLinks([new RunLink(told)]); }, tell);
    return () => { is_wanted = false; };
  }, [name, scenario_id, run]);
  useEffect(() => {
    let is_wanted = true;
    setCompared(null);
    if (name && other) ask(`${place}/compare/${encodeURIComponent(other)}`).then((told) => { if (is_wanted) setCompared(told); }, tell);
    return () => { is_wanted = false; };
  }, [name, other]);
  const winding = useWinding(links, Number(route.of.get('t') ?? 0) || 0);
  const pick = (/** @type {string} */ scenario, /** @type {number|string} */ number) => go({ scenario, run: String(number), t: null });
  const shown = links[0]?.run;
  return html`
    <section class="panel campaigns" tabindex="0" aria-label=${text('base.campaigns')}>
      <h2>${text('base.campaigns')}</h2>
      ${shelf && shelf.campaigns.length === 0 && html`<p class="hint">${text('base.none', shelf.folder)}</p>`}
      <ul>${(shelf?.campaigns ?? []).map((one) => html`<li class=${one.name === name ? 'chosen' : ''}>
        <a href=${`#/test_base?campaign=${encodeURIComponent(one.name)}`}><b>${one.suite}</b> ${one.vehicle} · ${one.driver}</a>
        ${stateOf(one) === 'done' ? html`<${Verdict} decision=${one.outcome.decision} />` : html`<span class="quiet">${text(`base.${stateOf(one)}`)}</span>`}
        ${stateOf(one) !== 'done' && html`<progress max=${one.planned} value=${one.played} aria-label=${text('base.progress')}></progress>`}
        <small>${text('base.runs', one.played, one.planned)}</small>
      </li>`)}</ul>
    </section>
    <section class="panel clauses" tabindex="0" aria-label=${text('base.clauses')}>
      ${error && html`<p class="bad" role="alert">${error}</p>`}
      ${campaign && html`
        <h2>${campaign.title} <${Verdict} decision=${campaign.outcome.decision} /></h2>
        <p class="hint">${campaign.vehicle} · ${campaign.identity.driver} · ${text('base.seed', campaign.identity.seed)} · ${campaign.identity.software.version}
          ${campaign.is_done && html` · <a href=${`${place}/report.pdf`}>${text('base.report')}</a> · <button class="link" onClick=${() => ask(`${place}/verify`).then(setChecked, tell)}>${text('base.verify')}</button>`}</p>
        ${checked && html`<p class=${checked.differences.length ? 'bad' : 'good'} role="status">${checked.differences.length ? checked.differences.map((/** @type {string[]} */ [file, what]) => `${file}: ${what}`).join('\n') : text('base.verified', checked.files, checked.digest.slice(0, 16))}</p>`}
        <table><thead><tr><th scope="col">${text('base.clause')}</th><th scope="col">${text('base.verdict')}</th><th scope="col" class="number">${text('verdict.passed')}</th><th scope="col" class="number">${text('verdict.failed')}</th><th scope="col" class="number">${text('verdict.undecided')}</th><th scope="col" class="number">${text('base.margin')}</th></tr></thead>
        <tbody>${campaign.clauses.map((/** @type {any} */ clause) => html`<tr>
          <th scope="row"><b>${clause.id}</b> <small>${clause.title}</small></th>
          <td title=${clause.outcome.reason ?? ''}><${Verdict} decision=${clause.outcome.decision} /></td>
          <td class="number">${clause.runs.passed}</td><td class="number">${clause.runs.failed}</td><td class="number">${clause.runs.undecided}</td>
          <td class="number">${clause.least_margin?.margin != null ? html`<button class="link" title=${clause.least_margin.id} onClick=${() => { const [, scenario, number] = clause.least_margin.id.split('.'); pick(scenario, number); }}>${clause.least_margin.margin.toFixed(2)} ${clause.least_margin.unit ?? ''}</button>` : '–'}</td>
        </tr>`)}</tbody></table>
        ${campaign.unavailable.length > 0 && html`<details class="hint"><summary>${text('base.unavailable', campaign.unavailable.length)}</summary><ul>${campaign.unavailable.map((/** @type {string[]} */ [title, reason]) => html`<li><b>${title}</b> ${reason}</li>`)}</ul></details>`}`}
    </section>
    <section class="panel explorer" tabindex="0" aria-label=${text('base.explorer')}>
      <div class="tabs" role="group" aria-label=${text('base.explorer')}>
        ${['space', 'worst', 'coverage', 'compare'].map((one) => html`<button aria-pressed=${tab === one} onClick=${() => go({ tab: one })}>${text(`base.${one}`)}</button>`)}
        ${campaign && tab !== 'coverage' && tab !== 'compare' && html`<select aria-label=${text('base.scenario')} value=${scenario_id ?? ''} onChange=${(/** @type {Event} */ event) => go({ scenario: /** @type {HTMLSelectElement} */ (event.target).value, run: null, t: null, x: null, y: null })}>${campaign.scenarios.map((/** @type {any} */ one) => html`<option value=${one.id} selected=${one.id === scenario_id}>${one.title}</option>`)}</select>`}
      </div>
      ${tab === 'space' && scenario && html`
        <p class="hint">${scenario.aim} ${text('base.counts', scenario.passed, scenario.failed, scenario.undecided)}
          ${scenario.failure && html` · ${text('base.share', (100 * scenario.failure[0]).toFixed(2), (100 * scenario.failure[1]).toFixed(2), (100 * scenario.failure[2]).toFixed(2))}`}</p>
        ${points?.id === scenario_id && html`<${Space} points=${points} chosen=${run === null ? null : Number(run)} x=${route.of.get('x')} y=${route.of.get('y')} axes=${(/** @type {Record<string, string>} */ change) => go(change)} pick=${(/** @type {number} */ number) => pick(scenario_id, number)} key=${`${scenario_id} ${is_dark} ${language}`} />`}`}
      ${tab === 'worst' && campaign && html`<${Worst} campaign=${campaign} scenario=${scenario_id} pick=${pick} />`}
      ${tab === 'coverage' && campaign && html`<${Coverage} campaign=${campaign} />`}
      ${tab === 'compare' && html`<${Compared} shelf=${shelf} name=${name} other=${other} compared=${compared} choose=${(/** @type {string|null} */ before) => go({ before })} pick=${pick} />`}
    </section>
    <div class="stages one">
      ${shown ? html`<${RunStage} key=${`${shown.title} ${(/** @type {any} */ (shown)).run}`} link=${links[0]} is_dark=${is_dark} title=${`${shown.title} ${(/** @type {any} */ (shown)).run}`} from=${route.of.get('from') ?? 'chase'} choose=${(/** @type {string} */ from) => go({ from })} />`
        : html`<section class="panel empty"><p>${text(run === null ? 'base.pick' : 'scenario.busy')}</p></section>`}
    </div>
    <section class="panel judged" tabindex="0" aria-label=${text('base.judged')}>
      ${shown && html`
        <dl>${(/** @type {any} */ (shown)).values.map((/** @type {[string, number, string]} */ [parameter, value, unit]) => html`<div><dt>${parameter}</dt><dd>${Number(value.toPrecision(5))} ${unit}</dd></div>`)}</dl>
        <table><tbody>${(/** @type {any} */ (shown)).verdicts.map((/** @type {any} */ verdict) => html`<tr><th scope="row"><b>${verdict.clause}</b> <small>${verdict.criterion}</small></th><td><${Verdict} decision=${verdict.decision} /></td>
          <td class="number">${verdict.value === null ? verdict.reason ?? '–' : `${verdict.value.toFixed(2)} ${verdict.unit}`}</td>
          <td>${verdict.time_s === null ? '' : html`<button class="link" onClick=${() => winding.wind(verdict.time_s)}>${text('seconds', verdict.time_s.toFixed(2))}</button>`}</td></tr>`)}</tbody></table>
        <${Curves} links=${links} winding=${winding} language=${language} key=${language + is_dark} />`}
    </section>
    <${WindBar} winding=${winding} keep=${(/** @type {number} */ at_s) => go({ t: at_s ? at_s.toFixed(2) : null })} />`;
}

/** The runs with the least margins. @param {{campaign: any, scenario: string|null, pick: (scenario: string, run: number) => void}} properties */
function Worst({ campaign, scenario, pick }) {
  const of = campaign.criteria.find((/** @type {any} */ one) => one.id === scenario);
  return html`<div class="scroll">${(of?.criteria ?? []).map((/** @type {any} */ criterion) => html`
    <h3>${criterion.clause} · ${criterion.criterion}</h3>
    <table><tbody>${(criterion.worst ?? criterion.least_margins ?? []).map((/** @type {any} */ one) => html`<tr>
      <th scope="row"><button class="link" onClick=${() => pick(scenario ?? '', Number(one.id.split('.')[2]))}>${text('base.run', one.id.split('.')[2])}</button></th>
      <td><${Verdict} decision=${one.outcome.decision} /></td><td class="number">${one.margin == null ? '–' : text('base.margin.of', one.margin.toFixed(2), one.unit ?? '')}</td>
      <td><small>${Object.entries(one.parameters ?? {}).map(([name, value]) => `${name} ${Number(/** @type {number} */ (value).toPrecision(4))}`).join(' · ')}</small></td></tr>`)}</tbody></table>
    ${criterion.undecided.length > 0 && html`<p class="hint">${criterion.undecided.map((/** @type {any} */ one) => text('base.reason', one.reason, one.runs)).join(' ')}</p>`}`)}</div>`;
}

/** @param {{campaign: any}} properties */
function Coverage({ campaign }) {
  const { attributes, maps, pairs } = campaign.coverage;
  const title = (/** @type {string} */ id) => campaign.scenarios.find((/** @type {any} */ one) => one.id === id)?.title ?? id;
  const judged = campaign.clauses.filter((/** @type {any} */ clause) => clause.runs.passed + clause.runs.failed > 0).length;
  return html`<div class="scroll coverage">
    <p class="hint">${text('base.clauses.seen', judged, campaign.clauses.length)}</p>
    <h3>${text('base.odd')}</h3>
    <ul class="odd">${attributes.map((/** @type {[string, number, number]} */ [attribute, scenarios, runs]) => html`<li class=${runs ? 'seen' : 'unseen_attribute'} title=${text('base.odd.of', scenarios, runs)}>${attribute.replace(/\./g, ' · ')}</li>`)}</ul>
    <h3>${text('base.pairs')}</h3>
    <table><tbody>${pairs.filter((/** @type {any} */ one) => one.of > 0).map((/** @type {any} */ one) => html`<tr><th scope="row">${title(one.id)}</th><td class="number">${one.seen} / ${one.of}</td><td><meter min="0" max=${one.of} value=${one.seen} aria-label=${title(one.id)}></meter></td></tr>`)}</tbody></table>
    <h3>${text('base.roads')}</h3>
    <table><tbody>${maps.map((/** @type {any} */ map) => html`<tr><th scope="row">${map.map}</th><td class="number">${map.roads[0]} / ${map.roads[1]}</td><td class="number">${(map.length_m[0] / 1000).toFixed(2)} / ${(map.length_m[1] / 1000).toFixed(2)} km</td></tr>`)}</tbody></table>
  </div>`;
}

/** @param {{shelf: any, name: string|null, other: string|null, compared: any, choose: (name: string|null) => void, pick: (scenario: string, run: number) => void}} properties */
function Compared({ shelf, name, other, compared, choose, pick }) {
  const own = shelf?.campaigns.find((/** @type {any} */ one) => one.name === name);
  const others = (shelf?.campaigns ?? []).filter((/** @type {any} */ one) => one.name !== name && one.suite === own?.suite);
  return html`<div class="scroll">
    <p class="hint"><label>${text('base.before')} <select value=${other ?? ''} onChange=${(/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.target).value || null)}><option value="">–</option>${others.map((/** @type {any} */ one) => html`<option value=${one.name} selected=${one.name === other}>${one.name}</option>`)}</select></label></p>
    ${others.length === 0 && html`<p class="hint">${text('base.alone')}</p>`}
    ${compared && html`<table><thead><tr><th scope="col">${text('base.scenario')}</th><th scope="col" class="number">${text('base.both')}</th><th scope="col" class="number">${text('base.mended')}</th><th scope="col" class="number">${text('base.broken')}</th><th scope="col" class="number">${text('base.more')}</th><th scope="col" class="number">${text('base.less')}</th></tr></thead>
      <tbody>${compared.scenarios.map((/** @type {any} */ one) => html`<tr><th scope="row">${one.title}</th><td class="number">${one.both}</td><td class="number good">${one.mended}</td><td class=${`number ${one.broken ? 'bad' : ''}`}>${one.broken}</td><td class="number">${one.more_margin}</td><td class="number">${one.less_margin}</td></tr>
        ${[...one.worse, ...one.better].slice(0, 6).map((/** @type {any} */ change) => html`<tr><td colspan="6"><button class="link" onClick=${() => pick(one.id, change.run)}>${text('base.run', change.run)}</button> <small>${text('base.margins', change.margins[0]?.toFixed(2) ?? '–', change.margins[1]?.toFixed(2) ?? '–')} · ${one.parameters.map((/** @type {any} */ parameter, /** @type {number} */ at) => `${parameter.name} ${Number(change.values[at].toPrecision(4))}`).join(' · ')}</small></td></tr>`)}`)}</tbody></table>`}
  </div>`;
}
