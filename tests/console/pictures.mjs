// Makes the pictures of the console in docs/pictures from a live day: node tests/console/pictures.mjs [FOLDER]
import { browser, openPage, serve } from './browser.mjs';

const folder = process.argv[2] ?? new URL('../../docs/pictures', import.meta.url).pathname;
const server = await serve('yongchuan', '--port', '0', '--from', '07:40', '--speed', '20');
const chrome = await browser();
const shots = [
  ['console-control-room', '#/control_room?theme=light&language=en', { width: 1920, height: 1080 }],
  ['console-control-room-dark', '#/control_room?theme=dark&language=zh', { width: 1920, height: 1080 }],
  ['console-vehicle', '#/vehicle?from=chase&theme=light&language=en', { width: 1920, height: 1080 }],
  ['console-exhibition', '#/exhibition?station=0&theme=light&language=en', { width: 1920, height: 1080 }],
  ['console-phone', '#/control_room?theme=light&language=en', { width: 390, height: 844 }],
];
const chosen = process.argv.slice(3);
try {
  // Long enough for some trips to be seen in the diagram.
  await new Promise((resolve) => setTimeout(resolve, Number(process.env.WARM_UP_MS ?? 45_000)));
  await fetch(`${server.address}api/clock`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"speed":1}' });
  for (const [name, route, viewport] of shots.filter(([name]) => !chosen.length || chosen.includes(name))) {
    const { page, complaints } = await openPage(chrome, { viewport });
    await page.goto(server.address + route);
    await page.waitForFunction(() => globalThis.westline?.drawn > 6 && globalThis.westline.link.received.frames > 20, null, { timeout: 60_000 });
    await page.waitForTimeout(2500);
    await page.screenshot({ path: `${folder}/${name}.png` });
    console.log(`${folder}/${name}.png`, complaints.join('; '));
    await page.context().close();
  }
} finally {
  await chrome.close();
  await server.end();
}
