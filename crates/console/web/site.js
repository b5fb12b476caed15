/**
 * What does not change while the page is open, as the server tells it once.
 */

/** @typedef {{id: string, name: string, platform_m: number[], at_m: number[]}} Stop */
/** @typedef {{route: string, headsign: string, colour: string, length_m: number, points_m: number[][], stops: [number, number][]}} Pattern */
/** @typedef {{id: string, pattern: number, calls_s: [number, number][]}} Trip */
/** @typedef {{id: string, name: string, place: string, date: string, time_zone: string, map: string, bounds_m: number[], line: string,
 *  stops: Stop[], patterns: Pattern[], trips: Trip[], vehicles: {name: string, title: string, seats: number, size_m: number[], steering_rad_max: number}[],
 *  signals: [number, number, number, number, number][]}} Site */

/** @returns {Promise<Site>} */
export async function readSite() {
  const answer = await fetch('api/site');
  if (!answer.ok) throw new Error(`the site: ${answer.status}`);
  return answer.json();
}
