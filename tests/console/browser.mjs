// What the tests and the pictures share: a server of ours, and Debian's Chromium with software rendering.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

/** Where the program lies. */
const WESTLINE = process.env.WESTLINE ?? new URL('../../target/release/westline', import.meta.url).pathname;

/** Starts `westline serve` and waits until it tells its address. */
export async function serve(...words) {
  const child = spawn(WESTLINE, ['serve', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes) => { said += bytes; });
  const address = await new Promise((resolve, reject) => {
    child.stdout.on('data', (bytes) => { const found = /https?:\S+/.exec(String(bytes)); if (found) resolve(found[0]); });
    child.on('exit', (status) => reject(new Error(`westline serve ended with ${status}: ${said}`)));
  });
  const end = () => new Promise((resolve) => { child.on('exit', resolve); child.kill('SIGINT'); });
  return { address, end, port: new URL(address).port };
}

/** Has the program do something, and gives its exit status. */
export function westline(folder, ...words) {
  const { status, error, stderr } = spawnSync(WESTLINE, words, { cwd: folder, encoding: 'utf8' });
  if (error || status === null || status > 1) throw new Error(`westline ${words.join(' ')} ended with ${status}: ${error ?? stderr}`);
  return status;
}

/** A file of accounts, each with the same password; names by their roles. */
export function accounts(folder, password, roles) {
  const file = `${folder}/accounts.toml`;
  for (const [name, role] of Object.entries(roles)) {
    const { status, stderr } = spawnSync(WESTLINE, ['account', 'add', file, name, '--role', role], { input: `${password}\n`, encoding: 'utf8' });
    if (status !== 0) throw new Error(`westline account add ended with ${status}: ${stderr}`);
  }
  return file;
}

/** A folder with two campaigns, the ledger of the permit's demonstration and a capture of a minute, for the rooms' views. */
export function furnish(folder) {
  for (const driver of ['reference:cc', 'follow']) westline(folder, 'prove', 'r157', '--only', 'cut-in', '--runs', '120', '--driver', driver);
  westline(folder, 'demo', 'permit');
  westline(folder, 'run', 'yongchuan', '--from', '07:40', '--to', '07:41', '--roadside', 'junctions', '--pcap', 'v2x.pcap', '--record', 'none', '--ledger', 'none', '--out', 'minute');
  return ['--results', `${folder}/out/prove`, '--ledger', `${folder}/out/demo-permit/ledger`];
}

/** A browser, the one of CHROMIUM or Debian's. */
export async function browser() {
  const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (!executablePath) throw new Error('there is no Chromium\nhint: apt-get install chromium, or name one in CHROMIUM');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist',
    // Pages that stand in for the embedded ones count as foreign, and would not reach the server.
    ...(process.env.CONSOLE_WEB ? ['--disable-features=LocalNetworkAccessChecks'] : [])] });
}

/** A page whose every complaint is kept. */
export async function openPage(chrome, options) {
  const context = await chrome.newContext(options);
  const page = await context.newPage();
  // While pages are written: those of CONSOLE_WEB stand in for the embedded ones.
  const own = process.env.CONSOLE_WEB;
  if (own) {
    await page.route('**/*', (route) => {
      const name = new URL(route.request().url()).pathname.slice(1) || 'index.html';
      return existsSync(`${own}/${name}`) && /\./.test(name) ? route.fulfill({ path: `${own}/${name}` }) : route.fallback();
    });
  }
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, complaints };
}
