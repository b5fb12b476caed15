/**
 * The time bar under all views: live or replay, pause, step, seek, speed.
 */
import { useEffect } from 'preact/hooks';
import { html } from 'htm/preact';
import { clockText, text } from './catalogue.js';
import { order } from './link.js';
import { may } from './session.js';

const SPEEDS = [1, 2, 5, 10, 30, 60];

/** @param {{link: import('./link.js').Link, language: string}} properties */
export function TimeBar({ link }) {
  const state = link.state;
  useEffect(() => {
    const pressed = (/** @type {KeyboardEvent} */ event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (event.key !== ' ' || !may('set_clock') || ['BUTTON', 'INPUT', 'SELECT', 'A'].includes(target.tagName)) return;
      event.preventDefault();
      order('api/clock', { is_paused: !link.state?.is_paused });
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  if (!state) return html`<footer class="time_bar"></footer>`;
  const is_behind = state.speed_reached < 0.8 * state.speed && !state.is_paused && !state.is_done;
  const is_fixed = !may('set_clock');
  const seek = (/** @type {Event} */ event) => order('api/clock', { clock_s: Number(/** @type {HTMLInputElement} */ (event.target).value) });
  return html`
    <footer class="time_bar">
      <span class=${`badge ${state.is_live ? 'live' : 'replay'}`}>${text(state.is_live ? 'live' : 'replay')}</span>
      <button class="round" aria-label=${text(state.is_paused ? 'play' : 'pause')} disabled=${is_fixed} onClick=${() => order('api/clock', { is_paused: !state.is_paused })}>${state.is_paused ? '▶' : '❚❚'}</button>
      <button class="round" aria-label=${text('step')} title=${text('step')} disabled=${is_fixed || !state.is_paused} onClick=${() => order('api/clock', { step: true })}>▸❙</button>
      <output class="clock" aria-label=${text('time')}>${clockText(state.clock_s)}</output>
      <span class="quiet">${clockText(state.from_s).slice(0, 5)}</span>
      ${state.is_live
        ? html`<progress aria-label=${text('time')} max=${state.to_s - state.from_s} value=${state.clock_s - state.from_s}></progress>`
        : html`<input type="range" aria-label=${text('time')} min=${state.from_s} max=${state.to_s} step="1" value=${state.clock_s} disabled=${is_fixed} aria-valuetext=${clockText(state.clock_s)} onInput=${seek} />`}
      <span class="quiet">${clockText(state.to_s).slice(0, 5)}</span>
      <label>${text('speed')}
        <select value=${String(state.speed)} disabled=${is_fixed} onChange=${(/** @type {Event} */ event) => order('api/clock', { speed: Number(/** @type {HTMLSelectElement} */ (event.target).value) })}>
          ${[...new Set([...SPEEDS, state.speed])].sort((a, b) => a - b).map((speed) => html`<option value=${String(speed)} selected=${speed === state.speed}>${speed}×</option>`)}
        </select>
      </label>
      ${is_behind && html`<span class="quiet">${text('speed.reached', state.speed_reached.toFixed(1))}</span>`}
    </footer>`;
}
