/**
 * The frame around all views: routes, the time bar, theme and language, one link, one town.
 *
 * A view is a file in `views/` with a component; its route is its name after the `#`: `#/control_room?vehicle=bus-1`.
 */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { html } from 'htm/preact';
import { Link } from './link.js';
import { Town } from './town.js';
import { readSite } from './site.js';
import { currentLanguage, setLanguage, text } from './catalogue.js';
import { TimeBar } from './time_bar.js';
import { Login } from './login.js';
import { currentSession, logOut, may, onSession, readSession } from './session.js';
import { ControlRoom } from './views/control_room.js';
import { VehicleView } from './views/vehicle.js';
import { Exhibition } from './views/exhibition.js';
import { ScenarioView } from './views/scenario.js';
import { TestBaseView } from './views/test_base.js';
import { LedgerView } from './views/ledger.js';
import { NetworkView } from './views/network.js';

/** Views by their route, with what whoever opens them has to be allowed. Those that do not show the day have no use for its time bar. */
/** @type {Record<string, {view: import('preact').ComponentType<any>, is_of_day: boolean, needs: string}>} */
const VIEWS = {
  control_room: { view: ControlRoom, is_of_day: true, needs: 'watch' },
  vehicle: { view: VehicleView, is_of_day: true, needs: 'watch' },
  scenario: { view: ScenarioView, is_of_day: false, needs: 'play_scenarios' },
  test_base: { view: TestBaseView, is_of_day: false, needs: 'read_records' },
  ledger: { view: LedgerView, is_of_day: false, needs: 'read_records' },
  network: { view: NetworkView, is_of_day: true, needs: 'watch' },
  exhibition: { view: Exhibition, is_of_day: true, needs: 'watch' },
};

/** @typedef {{link: Link, town: Town, site: import('./site.js').Site, route: Route, go: (change: Record<string, string|null>, view?: string) => void}} Stage */
/** @typedef {{view: string, of: URLSearchParams}} Route */

/** @returns {Route} */
function readRoute() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  return { view: path in VIEWS ? path : 'control_room', of: new URLSearchParams(query ?? '') };
}

/** @param {Record<string, string|null>} change @param {string} [view] */
function go(change, view) {
  const route = readRoute();
  for (const [key, value] of Object.entries(change)) {
    if (value === null) route.of.delete(key); else route.of.set(key, value);
  }
  const query = route.of.toString();
  location.hash = `#/${view ?? route.view}${query ? `?${query}` : ''}`;
}

/** @param {boolean} is_dark */
function showTheme(is_dark) {
  document.documentElement.dataset.theme = is_dark ? 'dark' : 'light';
}

function App() {
  const [, redraw] = useState(0);
  const [route, setRoute] = useState(readRoute);
  const [language, chooseLanguage] = useState(currentLanguage());
  const [is_dark, chooseDark] = useState(() => {
    const asked = readRoute().of.get('theme') ?? localStorage.getItem('theme');
    return asked ? asked === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  });
  useEffect(() => LINK.subscribe(() => redraw((count) => count + 1)), []);
  useEffect(() => onSession(() => redraw((count) => count + 1)), []);
  useEffect(() => {
    const changed = () => setRoute(readRoute());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  useEffect(() => { showTheme(is_dark); TOWN?.setTheme(is_dark); }, [is_dark]);
  useEffect(() => { setLanguage(language); }, [language]);
  const session = currentSession();
  const choices = html`
    <button class="quiet" onClick=${() => { const other = language === 'zh' ? 'en' : 'zh'; setLanguage(other); chooseLanguage(other); }} lang=${language === 'zh' ? 'en' : 'zh'}>${text('language')}</button>
    <button class="quiet" aria-label=${text('theme')} title=${text('theme')} onClick=${() => { localStorage.setItem('theme', is_dark ? 'light' : 'dark'); chooseDark(!is_dark); }}>${is_dark ? '☀' : '☾'}</button>`;
  if (session && !may('watch')) {
    return html`
      <div class="frame gate">
        <header><span class="brand"><img src="icon.svg" alt="" width="26" height="26" /> <span>${text('title')}</span></span>${choices}</header>
        <main><${Login} /></main>
      </div>`;
  }
  if (!SITE || !TOWN) return html`<p class="wait" role="status">${text('link.wait')}</p>`;
  const shown = may(VIEWS[route.view].needs) ? route.view : 'control_room';
  const { view: View, is_of_day } = VIEWS[shown];
  /** @type {Stage} */
  const stage = { link: LINK, town: TOWN, site: SITE, route, go };
  return html`
    <div class=${`frame ${shown}`}>
      <header>
        <a class="brand" href="#/control_room"><img src="icon.svg" alt="" width="26" height="26" /> <span>${text('title')}</span></a>
        <h1>${SITE.name}<small>${SITE.date}</small></h1>
        <nav>${Object.keys(VIEWS).filter((name) => may(VIEWS[name].needs)).map((name) => html`<a href=${`#/${name}`} aria-current=${name === shown ? 'page' : null}>${text(`view.${name}`)}</a>`)}</nav>
        ${session?.name && html`<span class="who" title=${text(`role.${session.role}`)}>${session.name}</span><button class="quiet" onClick=${() => logOut().then(() => location.reload())}>${text('login.leave')}</button>`}
        ${choices}
      </header>
      ${!LINK.is_open && html`<p class="lost" role="alert">${text('link.lost')}</p>`}
      ${LINK.state?.failure && html`<p class="lost" role="alert">${text('failed', LINK.state.failure)}</p>`}
      <main><${View} ...${stage} key=${shown} language=${language} is_dark=${is_dark} /></main>
      ${is_of_day && html`<${TimeBar} link=${LINK} language=${language} />`}
    </div>`;
}

const LINK = new Link();
/** @type {import('./site.js').Site|null} */ let SITE = null;
/** @type {Town|null} */ let TOWN = null;
const root = /** @type {HTMLElement} */ (document.getElementById('app'));
setLanguage(currentLanguage());
render(html`<${App} />`, root);
// For those who measure from outside: how much came, how often it was drawn.
/** @type {any} */ (globalThis).westline = { link: LINK, drawn: 0 };

async function begin() {
  if (!currentSession()) await readSession().catch(() => {});
  // Whoever logs in begins by that.
  if (currentSession() && !may('watch')) { const stop = onSession(() => { if (may('watch')) { stop(); begin(); } }); return; }
  const site = currentSession() && await readSite().catch(() => null);
  if (!site) { setTimeout(begin, 1000); return; }
  LINK.resume();
  onSession(() => { if (may('watch')) LINK.resume(); });
  SITE = site;
  TOWN = new Town(site);
  document.title = `${site.name} · Westline`;
  TOWN.is_dark = document.documentElement.dataset.theme === 'dark';
  LINK.tell();
  await TOWN.load();
  LINK.tell();
}
begin();
