/**
 * The page before all others, where the console asks who comes in.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from 'htm/preact';
import { text } from './catalogue.js';
import { logIn } from './session.js';

export function Login() {
  const [problem, tell] = useState('');
  const [is_busy, setBusy] = useState(false);
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  useEffect(() => { field.current?.focus(); }, []);
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    setBusy(true);
    tell('');
    try {
      const { is_in, wait_s } = await logIn(String(form.get('name')), String(form.get('password')));
      if (!is_in) tell(wait_s === null ? text('login.wrong') : text('login.often', wait_s));
    } catch {
      tell(text('link.lost'));
    }
    setBusy(false);
  };
  return html`
    <form class="panel login" onSubmit=${submit} aria-labelledby="login-title">
      <h2 id="login-title">${text('login.title')}</h2>
      <label>${text('login.name')}<input ref=${field} name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required /></label>
      <label>${text('login.password')}<input name="password" type="password" autocomplete="current-password" required /></label>
      <p class="bad" role="alert">${problem}</p>
      <button class="primary" disabled=${is_busy}>${text(is_busy ? 'login.busy' : 'login.enter')}</button>
      <p class="quiet">${text('login.help')}</p>
    </form>`;
}
