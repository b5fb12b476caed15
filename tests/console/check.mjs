// The console, driven in a real browser against the real server: node tests/console/check.mjs [RECORDING.mcap] [--whole] [--only=PART]
// Each step tells what a user does; the first that fails ends it with status 1.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accounts, browser, furnish, openPage, serve } from './browser.mjs';

const is_whole = process.argv.includes('--whole');
/** `--only=live|roles|rooms` leaves the others out. */
const only = process.argv.find((word) => word.startsWith('--only='))?.slice(7);
const recording = process.argv.slice(2).find((word) => !word.startsWith('--'));
const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const patience = { timeout: 60_000 };
/** What a browser says of a server that is gone, and of what is refused, which some steps bring about. */
const EXPECTED = /ERR_CONNECTION_REFUSED|WebSocket connection .* failed|the server responded with a status of (401|404|422)/;

let steps = 0;
async function step(sentence, act) {
  await act();
  steps += 1;
  console.log(`ok ${steps} ${sentence}`);
}

function expect(is_true, what) {
  if (!is_true) throw new Error(`not so: ${what}`);
}

const state = (page) => page.evaluate(() => globalThis.westline.link.state);
const order = (address, path, body = {}) => fetch(address + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** Serious faults that axe-core finds; the canvases' own elements included. */
async function accessible(page, view) {
  // Debug protocol, not the page: its policy would rightly refuse a foreign script.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] }));
  expect(!violations.length, `${view} is accessible: ${violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 120)).join(' ')}`).join('; ')}`);
}

async function live(chrome) {
  const begun = ['yongchuan', '--from', '07:33', '--speed', '20'];
  let server = await serve(...begun, '--port', '0');
  const { page, complaints } = await openPage(chrome, { viewport: { width: 1280, height: 720 } });
  await step('the control room opens and vehicles move', async () => {
    await page.goto(`${server.address}#/control_room?theme=light&language=en`);
    await page.waitForFunction(() => globalThis.westline?.link.state?.vehicles.some((vehicle) => vehicle.speed_mps > 3), null, patience);
    await page.waitForFunction(() => globalThis.westline.drawn > 3, null, patience);
    expect((await page.locator('.fleet tbody tr').count()) === 3, 'three vehicles are listed');
  });
  await step('the map and the ride are drawn, not blank', async () => {
    for (const part of ['.map canvas', '.ride canvas']) {
      const picture = await page.locator(part).screenshot();
      expect(picture.length > 12_000, `${part} shows something (${picture.length} bytes)`);
    }
  });
  await step('axe-core finds nothing in the control room, light', () => accessible(page, 'control room'));
  let name = '';
  await step('a vehicle is stopped and comes to stand', async () => {
    const found = await page.waitForFunction(() => globalThis.westline.link.state.vehicles.find((vehicle) => vehicle.phase === 'driving' && vehicle.trip)?.name, null, patience);
    name = await found.jsonValue();
    await page.getByRole('button', { name: `Stop ${name}` }).click();
    await page.waitForFunction((name) => globalThis.westline.link.state.vehicles.find((vehicle) => vehicle.name === name).mode === 'stopped', name, patience);
  });
  await step('its alarm is acknowledged', async () => {
    const alarm = page.locator('.alarms li', { hasText: `${name} ordered to stop` }).first();
    await alarm.getByRole('button', { name: 'Acknowledge' }).click();
    await page.waitForFunction(() => globalThis.westline.link.state.alarms.some((alarm) => alarm.is_acknowledged), null, patience);
  });
  await step('it is released and drives on', async () => {
    await page.getByRole('button', { name: `Release ${name}` }).click();
    await page.waitForFunction((name) => { const vehicle = globalThis.westline.link.state.vehicles.find((other) => other.name === name); return vehicle.mode === 'automated' && (vehicle.speed_mps > 2 || vehicle.phase !== 'driving'); }, name, patience);
  });
  await step('all are stopped after a question, and released', async () => {
    await page.getByRole('button', { name: 'Stop all' }).click();
    await page.getByRole('button', { name: 'Yes, stop' }).click();
    await page.waitForFunction(() => globalThis.westline.link.state.vehicles.every((vehicle) => vehicle.is_ordered_to_stop), null, patience);
    await page.getByRole('button', { name: 'Release all' }).click();
    await page.waitForFunction(() => globalThis.westline.link.state.vehicles.every((vehicle) => !vehicle.is_ordered_to_stop), null, patience);
  });
  await step('pause holds the clock, a step moves it by a tenth', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.waitForFunction(() => globalThis.westline.link.state.is_paused, null, patience);
    const before_s = (await state(page)).clock_s;
    await page.getByRole('button', { name: /^Step/ }).click();
    await page.waitForFunction((before_s) => globalThis.westline.link.state.clock_s > before_s + 0.05, before_s, patience);
    const after_s = (await state(page)).clock_s;
    expect(Math.abs(after_s - before_s - 0.1) < 1e-3, `a step is 0.1 s: ${after_s - before_s}`);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
  });
  await step('Chinese and dark are chosen, and stay accessible', async () => {
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('heading', { name: '告警' }).waitFor(patience);
    await page.getByRole('button', { name: '深色或浅色' }).click();
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark', null, patience);
    await page.waitForTimeout(400);
    await accessible(page, 'control room, dark');
    await page.getByRole('button', { name: 'English' }).click();
  });
  await step('the vehicle view shows curves and the reason', async () => {
    await page.getByRole('link', { name: 'Vehicle', exact: true }).click();
    await page.locator('.uplot canvas').first().waitFor(patience);
    expect((await page.locator('.why').innerText()).length > 4, 'there is a reason in words');
    await page.locator('.candidates li').first().waitFor(patience);
    expect((await page.locator('.bounds li').count()) > 5, 'bounds of the operational design domain are shown');
    await accessible(page, 'vehicle');
  });
  await step('the tour goes to its end by its buttons', async () => {
    await page.getByRole('link', { name: 'Exhibition' }).click();
    const seen = new Set();
    for (let station = 0; station < 5; station += 1) {
      await page.locator('.stations', { hasText: `${station + 1} / 5` }).waitFor(patience);
      seen.add(await page.locator('.words h2').innerText());
      if (station === 0) await accessible(page, 'exhibition');
      await page.getByRole('button', { name: 'Next' }).click();
    }
    expect(seen.size === 5, 'five stations differ');
    await page.locator('.stations', { hasText: '1 / 5' }).waitFor(patience);
  });
  await step('a sensor is switched off, the vehicle stops and asks, is held, is confirmed, and mends', async () => {
    await page.goto(`${server.address}#/control_room?theme=light&language=en&vehicle=${encodeURIComponent(name)}`);
    // Who is slow to look has still to find it asking: after twenty seconds of its day it gets its answer from the model.
    await order(server.address, 'api/clock', { speed: 1 });
    await order(server.address, `api/vehicles/${encodeURIComponent(name)}/break-sensor`);
    await page.waitForFunction((name) => globalThis.westline.link.state?.vehicles.find((vehicle) => vehicle.name === name)?.asked, name, patience);
    await order(server.address, 'api/clock', { speed: 0.1 });
    await page.locator('.alarms li.warning').first().waitFor(patience);
    await page.goto(`${server.address}#/vehicle?language=en&vehicle=${encodeURIComponent(name)}`);
    await page.locator('.decision .ladder').waitFor(patience);
    await page.getByRole('button', { name: 'Wait, I look first' }).click(patience);
    await page.getByText('held back until you confirm').waitFor(patience);
    await order(server.address, 'api/clock', { speed: 20 });
    await accessible(page, 'vehicle that asks');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.locator('.asked').waitFor({ state: 'detached', ...patience });
    await page.goto(`${server.address}#/control_room?theme=light&language=en&vehicle=${encodeURIComponent(name)}`);
    await order(server.address, `api/vehicles/${encodeURIComponent(name)}/mend-sensor`);
    await page.waitForFunction((name) => globalThis.westline.link.state.vehicles.find((vehicle) => vehicle.name === name).mode === 'automated', name, patience);
  });
  await step('the page comes back by itself after the server was restarted', async () => {
    await server.end();
    await page.getByText('No connection').waitFor(patience);
    server = await serve(...begun, '--port', server.port);
    await page.getByText('No connection').waitFor({ state: 'detached', ...patience });
    const before = await page.evaluate(() => globalThis.westline.link.received.frames);
    await page.waitForFunction((before) => globalThis.westline.link.received.frames > before + 5, before, patience);
  });
  await step('no complaint anywhere', async () => {
    const unexpected = complaints.filter((complaint) => !EXPECTED.test(complaint));
    expect(!unexpected.length, unexpected.join('; '));
  });
  await step('foreign pages and foreign names are refused', async () => {
    const foreign = await fetch(`${server.address}api/stop`, { method: 'POST', headers: { 'content-type': 'application/json', origin: 'http://elsewhere.example' }, body: '{}' });
    expect(foreign.status === 403, `a foreign origin gets ${foreign.status}`);
    const form = await fetch(`${server.address}api/stop`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' });
    expect(form.status === 415, `a form gets ${form.status}`);
    const policy = (await fetch(server.address)).headers.get('content-security-policy') ?? '';
    expect(policy.includes("default-src 'none'") && !policy.includes('unsafe'), policy);
  });
  await page.context().close();
  await server.end();
}

/** Scenario, test base, ledger, network. */
async function rooms(chrome) {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  const server = await serve('yongchuan', '--from', '07:33', '--port', '0', ...furnish(folder));
  const { page, complaints } = await openPage(chrome, { viewport: { width: 1440, height: 900 } });
  const at_s = () => page.locator('.wind_bar output').innerText().then(parseFloat);
  const file = (name, text) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) });
  await step('a scenario of the shelf runs, with its storyboard and curves', async () => {
    await page.goto(`${server.address}#/scenario?theme=light&language=en&file=r157%2Fcut-in&driver=follow`);
    await page.locator('.storyboard li.event em').first().waitFor({ state: 'attached', ...patience });
    await page.waitForFunction(() => parseFloat(document.querySelector('.wind_bar output').textContent) > 0.3, null, patience);
    expect((await page.locator('.curves_of_run .uplot').count()) >= 2, 'speed and a measure are drawn');
  });
  await step('it is paused, wound by the slider, stepped, and its moment stands in the address', async () => {
    await page.locator('.wind_bar').getByRole('button', { name: 'Pause' }).click();
    await page.locator('.wind_bar input[type=range]').fill('2');
    expect(Math.abs(await at_s() - 2) < 0.06, `it is at 2 s: ${await at_s()}`);
    await page.locator('.wind_bar').getByRole('button', { name: 'Step 0.1 s', exact: true }).click();
    expect(Math.abs(await at_s() - 2.1) < 0.06, `a step is 0.1 s: ${await at_s()}`);
    expect(page.url().includes('t=2'), page.url());
  });
  await step('two drivers run side by side', async () => {
    await page.getByLabel('Beside it').last().selectOption('reference:cc');
    await page.locator('.stages.two .stage').nth(1).waitFor(patience);
    expect((await page.locator('.worst thead th').count()) === 5, 'the worst moments of both are listed');
  });
  await step('a scenario file of the user is opened and run; what is none is refused', async () => {
    const chooser = page.locator('.pick input[type=file]');
    await chooser.setInputFiles(new URL('../../examples/cut_in.xosc', import.meta.url).pathname);
    await page.waitForFunction(() => document.querySelector('.pick select.file').selectedOptions[0]?.textContent === 'cut_in.xosc', null, patience);
    await page.locator('.storyboard li').first().waitFor(patience);
    await chooser.setInputFiles(file('broken.xosc', '<OpenSCENARIO>'));
    await page.getByRole('alert').waitFor(patience);
    await page.goto(`${server.address}#/scenario?file=r157%2Fcut-in&driver=follow&t=1.5`);
    await page.reload();
    await page.waitForFunction(() => parseFloat(document.querySelector('.wind_bar output')?.textContent ?? '0') === 1.5, null, patience);
    await accessible(page, 'scenario');
  });
  await step('campaigns are listed with their verdicts, and a point of the parameter space replays', async () => {
    await page.getByRole('link', { name: 'Test base' }).click();
    await page.locator('.campaigns li .verdict').nth(1).waitFor(patience);
    const points = page.getByLabel('Least margins …');
    await points.waitFor(patience);
    await points.selectOption({ index: 1 });
    await page.locator('.judged .verdict').first().waitFor(patience);
    await page.locator('.stage .canvas:not(.away) canvas').waitFor(patience);
    expect(/run=\d+/.test(page.url()), page.url());
    await page.locator('.wind_bar').getByRole('button', { name: 'Pause' }).click();
    await accessible(page, 'test base');
  });
  if (is_whole) await more(page, folder, complaints, file, server);
  await page.context().close();
  await server.end();
  rmSync(folder, { recursive: true });
}

/** The rest of the rooms, which takes as long again. */
async function more(page, folder, complaints, file, server) {
  await step('worst cases, coverage and a comparison are shown, the record is checked', async () => {
    await page.getByRole('button', { name: 'Worst cases' }).click();
    await page.locator('.explorer').getByRole('button', { name: /^run \d/ }).first().waitFor(patience);
    await page.getByRole('button', { name: 'Coverage' }).click();
    await page.locator('.odd li.seen').first().waitFor(patience);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByLabel('Before').selectOption({ index: 1 });
    await page.locator('.explorer tbody th').first().waitFor(patience);
    await page.getByRole('button', { name: 'Check the record' }).click();
    await page.locator('.clauses p.good').waitFor(patience);
  });
  await step('permits show who acts next; a genuine document holds, a forged one does not', async () => {
    await page.getByRole('link', { name: 'Ledger' }).click();
    await page.locator('.procedure li.taken').first().waitFor(patience);
    await page.locator('.procedure li.next').first().waitFor(patience);
    const record = readFileSync(join(folder, 'out/demo-permit/test-record.json'));
    const chooser = page.locator('.drop input[type=file]');
    await chooser.setInputFiles({ name: 'test-record.json', mimeType: 'application/json', buffer: record });
    await page.locator('.found.holds').waitFor(patience);
    record[20] ^= 1;
    await chooser.setInputFiles({ name: 'forged.json', mimeType: 'application/json', buffer: record });
    await page.locator('.found.fails').waitFor(patience);
    const receipt = JSON.parse(readFileSync(join(folder, 'out/demo-permit/test-record.receipt.json'), 'utf8'));
    await chooser.setInputFiles(file('receipt.json', JSON.stringify(receipt)));
    await page.locator('.found.holds').waitFor(patience);
    receipt.proof[0] = receipt.proof[0].replace(/^../, (pair) => (pair === '00' ? '01' : '00'));
    await chooser.setInputFiles(file('receipt.json', JSON.stringify(receipt)));
    await page.locator('.found.fails').waitFor(patience);
    for (const tab of ['Evidence', 'Accounts']) {
      await page.locator('.books').getByRole('button', { name: tab }).click();
      await page.locator('.books tbody tr').first().waitFor(patience);
    }
    await accessible(page, 'ledger');
  });
  await step('coverage, links and a capture, field by field', async () => {
    await page.getByRole('link', { name: 'Network' }).click();
    await page.locator('.cover .hint').waitFor(patience);
    expect((await page.locator('.cover canvas').screenshot()).length > 8_000, 'the coverage is drawn');
    await page.locator('.links tbody tr').first().waitFor(patience);
    await page.locator('.budget .bar').waitFor(patience);
    await page.locator('.messages input[type=file]').setInputFiles(join(folder, 'v2x.pcap'));
    await page.locator('.fields .leaf').first().waitFor(patience);
    await accessible(page, 'network');
    await page.locator('.messages input[type=file]').setInputFiles(file('no.pcap', 'nothing of the kind'));
    await page.locator('.links .bad[role=alert]').waitFor(patience);
  });
  await step('all of it reads in Chinese', async () => {
    for (const view of ['scenario', 'test_base', 'ledger', 'network']) {
      await page.goto(`${server.address}#/${view}?language=zh`);
      await page.reload();
      await page.locator('main .panel').first().waitFor(patience);
      await page.waitForFunction(() => document.documentElement.lang === 'zh-CN' && /[\u4e00-\u9fff]/.test(document.querySelector('main').textContent), null, patience);
    }
  });
  await step('no complaint in these rooms', async () => {
    const unexpected = complaints.filter((complaint) => !EXPECTED.test(complaint));
    expect(!unexpected.length, unexpected.join('; '));
  });
}

/** Who may what, with accounts. */
async function roles(chrome) {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  const password = 'four stops and a depot';
  const file = accounts(folder, password, { 'li.na': 'dispatcher', guest: 'viewer' });
  const server = await serve('yongchuan', '--from', '07:33', '--speed', '20', '--port', '0', '--accounts', file, '--audit', join(folder, 'audit.jsonl'));
  const { page, complaints } = await openPage(chrome, { viewport: { width: 1280, height: 720 } });
  const log_in = async (name, secret) => {
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill(secret);
    await page.getByRole('button', { name: 'Log in' }).click();
  };
  const stop = (name) => page.evaluate(async (name) => {
    const { token } = await (await fetch('api/session')).json();
    return (await fetch(`api/vehicles/${encodeURIComponent(name)}/stop`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-csrf-token': token }, body: '{}' })).status;
  }, name);
  await step('whoever comes in is asked who they are, in both languages, light and dark', async () => {
    await page.goto(`${server.address}#/control_room?theme=light&language=en`);
    await page.getByRole('heading', { name: 'Log in' }).waitFor(patience);
    await accessible(page, 'login');
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('heading', { name: '登录' }).waitFor(patience);
    await page.getByRole('button', { name: '深色或浅色' }).click();
    await page.waitForTimeout(400);
    await accessible(page, 'login, dark');
    await page.getByRole('button', { name: 'English' }).click();
    await log_in('guest', 'a wrong password');
    await page.getByText('No account has this name and password.').waitFor(patience);
  });
  let name = '';
  await step('a viewer watches, and may not stop a vehicle: no button is there, and the server refuses', async () => {
    await log_in('guest', password);
    await page.waitForFunction(() => globalThis.westline?.link.state?.vehicles.length === 3, null, patience);
    await page.locator('.fleet tbody tr').nth(2).waitFor(patience);
    expect((await page.getByRole('button', { name: /^(Stop|Release)/ }).count()) === 0, 'a viewer sees no order');
    expect(await page.getByRole('button', { name: 'Pause' }).isDisabled(), 'a viewer does not hold the clock');
    name = (await state(page)).vehicles[0].name;
    expect((await stop(name)) === 403, 'the server refuses');
    await accessible(page, 'control room of a viewer');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor(patience);
  });
  await step('a dispatcher stops one and lets it go on', async () => {
    await log_in('li.na', password);
    const found = await page.waitForFunction(() => globalThis.westline.link.state?.vehicles.find((vehicle) => vehicle.phase === 'driving' && vehicle.trip)?.name, null, patience);
    name = await found.jsonValue();
    await page.getByRole('button', { name: `Stop ${name}` }).click();
    await page.waitForFunction((name) => globalThis.westline.link.state.vehicles.find((vehicle) => vehicle.name === name).is_ordered_to_stop, name, patience);
    await page.getByRole('button', { name: `Release ${name}` }).click();
    await page.waitForFunction((name) => !globalThis.westline.link.state.vehicles.find((vehicle) => vehicle.name === name).is_ordered_to_stop, name, patience);
  });
  await step('the interface describes itself in a page', async () => {
    await page.goto(`${server.address}api/`);
    await page.getByText('/api/vehicles/{name}/stop').waitFor(patience);
    await accessible(page, 'interface');
  });
  await step('who did what stands in the audit log, and its chain holds', async () => {
    const unexpected = complaints.filter((complaint) => !EXPECTED.test(complaint) && !/status of 403/.test(complaint));
    expect(!unexpected.length, unexpected.join('; '));
    await server.end();
    const lines = readFileSync(join(folder, 'audit.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    const found = (who, what, outcome) => lines.some((line) => line.who === who && line.what === what && line.outcome === outcome);
    expect(found('guest', 'stop_vehicles', 'refused: role') && found('li.na', 'stop_vehicles', 'allowed') && found('li.na', 'release_vehicles', 'allowed'), JSON.stringify(lines));
  });
  await page.context().close();
  rmSync(folder, { recursive: true });
}

async function replay(chrome) {
  const server = await serve(recording, '--port', '0');
  const { page, complaints } = await openPage(chrome, { viewport: { width: 1280, height: 720 } });
  await page.goto(`${server.address}#/control_room?theme=light&language=en`);
  await page.waitForFunction(() => globalThis.westline?.link.state, null, patience);
  await step('a recording is wound to ten moments, and each is seen', async () => {
    const { from_s, to_s } = await state(page);
    const took = [];
    for (let i = 1; i <= 10; i += 1) {
      const clock_s = from_s + ((i * 37) % 100) / 100 * (to_s - from_s);
      took.push(await page.evaluate(async (clock_s) => {
        const { link } = globalThis.westline;
        const begun = performance.now();
        await fetch('api/clock', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ clock_s }) });
        while (!(link.frame && Math.abs(link.frame.clock_s - clock_s) < 3)) {
          if (performance.now() - begun > 20_000) throw new Error(`no frame of ${clock_s}, but of ${link.frame?.clock_s}`);
          await new Promise((resolve) => setTimeout(resolve, 4));
        }
        return performance.now() - begun;
      }, clock_s));
    }
    took.sort((a, b) => a - b);
    // Most of it is the drawing of this browser without a graphics card; the server's part is a row of `westline bench console`.
    console.log(`  seeks took ${took.map((ms) => ms.toFixed(0)).join(' ')} ms`);
  });
  await step('the links that were recorded are told', async () => {
    await page.waitForFunction(() => globalThis.westline.link.state.vehicles.some((vehicle) => vehicle.link?.frames > 0), null, patience);
    await page.goto(`${server.address}#/network?theme=light&language=en`);
    await page.locator('.links td', { hasText: /^Y\d\d-\d$/ }).first().waitFor(patience);
    expect(await page.locator('.links th', { hasText: 'loop, ms' }).count() === 1, 'the loop from afar has a column');
  });
  await step('a replay takes no orders', async () => {
    expect((await order(server.address, 'api/stop')).status === 409, 'stopping what was recorded is refused');
    expect(!complaints.length, complaints.join('; '));
  });
  await page.context().close();
  await server.end();
}

const chrome = await browser();
let status = 0;
try {
  const parts = [live, roles, rooms].filter((part) => !only || part.name === only);
  for (const part of parts) await part(chrome);
  if (recording) await replay(chrome);
  console.log(`${steps} steps, all as they should be`);
} catch (error) {
  console.error(`failed after step ${steps}: ${error.stack}`);
  status = 1;
} finally {
  await chrome.close();
}
process.exit(status);
