/**
 * Who is logged in, what they may do, and how requests say so.
 *
 * The server is asked once when the page opens and after each login; it decides, pages only leave out what it would
 * refuse. A console without accounts asks nobody, and lets everything be done.
 */

/** @typedef {{asks: boolean, name: string|null, role: string|null, may: string[], token: string|null}} Session */

/** @type {Session|null} */ let session = null;
/** @type {Set<() => void>} */ const listeners = new Set();

/** The session, null until the server has answered. @returns {Session|null} */
export function currentSession() {
  return session;
}

/** Whether whoever is logged in may do it. @param {string} action as `/api/` calls it @returns {boolean} */
export function may(action) {
  return session?.may.includes(action) ?? false;
}

/** @param {() => void} listener @returns {() => void} */
export function onSession(listener) {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

/** @param {Session} told */
function take(told) {
  session = told;
  for (const listener of listeners) listener();
}

/** Asks the server who is logged in. @returns {Promise<void>} */
export async function readSession() {
  const answer = await fetch('api/session');
  if (!answer.ok) throw new Error(`the session: ${answer.status}`);
  take(await answer.json());
}

/** @param {string} name @param {string} password @returns {Promise<{is_in: boolean, wait_s: number|null}>} */
export async function logIn(name, password) {
  const answer = await send('api/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, password }) });
  if (answer.ok) take(await answer.json());
  const wait = answer.status === 429 ? Number(answer.headers.get('retry-after')) || 1 : null;
  return { is_in: answer.ok, wait_s: wait };
}

/** @returns {Promise<void>} */
export async function logOut() {
  await send('api/session', { method: 'DELETE' });
  await readSession();
}

/**
 * A request that says whose page asks; when the session has ended meanwhile, the page asks for a login.
 * @param {string} path @param {RequestInit} [request] @returns {Promise<Response>}
 */
export async function send(path, request = {}) {
  const headers = new Headers(request.headers);
  if (session?.token && request.method && request.method !== 'GET') headers.set('x-csrf-token', session.token);
  const answer = await fetch(path, { ...request, headers });
  if (answer.status === 401 && path !== 'api/session') await readSession().catch(() => {});
  return answer;
}
