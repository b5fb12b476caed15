/**
 * One clock for all canvases of a view: each frame of the browser, the town is set and every canvas drawn.
 */
import { useEffect } from 'preact/hooks';

/**
 * @param {import('./link.js').Link} link @param {import('./town.js').Town} town
 * @param {() => {draw: () => void, hidden?: () => number|null}[]} canvases
 */
export function useDrawing(link, town, canvases) {
  useEffect(() => {
    let request = 0;
    const turn = () => {
      request = requestAnimationFrame(turn);
      if (document.hidden) return;
      const all = canvases();
      // Whoever sits in a vehicle does not see it; the map beside it does: each canvas has its own turn.
      let hidden = /** @type {number|null|undefined} */ (undefined);
      for (const canvas of all) {
        const own = canvas.hidden?.() ?? null;
        if (own !== hidden) { town.update(link, own); hidden = own; }
        canvas.draw();
      }
      /** @type {any} */ (globalThis).westline.drawn += 1;
    };
    turn();
    return () => cancelAnimationFrame(request);
  }, []);
}
