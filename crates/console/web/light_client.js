/**
 * A light client of the ledger: verifies receipts in the browser, by the chain's genesis alone.
 *
 * In go genesis (who validates, by which keys), a receipt and, if there is one, the document that it is about; out comes
 * what holds, or the reason why not. The server is not believed: digests, the path through the log (RFC 9162, 2.1.3.2) and
 * the validators' signatures under the checkpoint (C2SP signed note) are computed here. Chains of the suite `sm` are not
 * verified here: browsers have no SM2.
 */

/** @typedef {{suite: string, parties: {id: string, keys: string[], validates: boolean}[]}} Genesis */
/** @typedef {{format: string, suite: string, index: number, entry: string, transaction_bytes: number, proof: string[], checkpoint: string}} Receipt */

const ENCODER = new TextEncoder();

/** @param {...Uint8Array} parts @returns {Uint8Array<ArrayBuffer>} */
function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
}

/** @param {Uint8Array} bytes */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined(bytes)));
}

/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
/** @param {string} text */
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
/** @param {string} text */
const unbase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
/** @param {Uint8Array} a @param {Uint8Array} b */
const same = (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]);

/** Why something does not hold: a key of the catalogue and what fills it. */
export class Fault extends Error {
  /** @param {string} key @param {...(string|number)} fills */
  constructor(key, ...fills) { super(key); this.key = key; this.fills = fills; }
}

/** @param {string} scheme @param {Uint8Array} key @param {Uint8Array} message @param {Uint8Array} signature */
async function verifies(scheme, key, message, signature) {
  const [algorithm, use] = scheme === 'ed25519' ? [{ name: 'Ed25519' }, { name: 'Ed25519' }]
    : scheme === 'p256' ? [{ name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA', hash: 'SHA-256' }] : [null, null];
  if (!algorithm || !use) throw new Fault('light.scheme', scheme);
  // A compressed point is not taken everywhere: the key is wrapped as the standard's SubjectPublicKeyInfo.
  const spki = scheme === 'ed25519' ? joined(unhex('302a300506032b6570032100'), key) : joined(unhex('3039301306072a8648ce3d020106082a8648ce3d030107032200'), key);
  const known = await crypto.subtle.importKey('spki', spki, algorithm, false, ['verify']).catch(() => { throw new Fault('light.scheme', scheme); });
  return crypto.subtle.verify(use, known, joined(signature), joined(message));
}

/** The header's fields, if more than two thirds of the validators have signed it. @param {string} note @param {Genesis} genesis */
async function checkpoint(note, genesis) {
  const cut = note.indexOf('\n\n');
  if (cut < 0) throw new Fault('light.form');
  const [text, lines] = [note.slice(0, cut + 1), note.slice(cut + 2).trim().split('\n')];
  const validators = new Map(genesis.parties.filter((party) => party.validates).map((party) => [party.id, party.keys[0].split(':')]));
  const kinds = /** @type {Record<string, Uint8Array>} */ ({ ed25519: Uint8Array.of(1), p256: joined(Uint8Array.of(255), ENCODER.encode('westline/p256')) });
  const signed = new Set();
  for (const line of lines) {
    const [, name, value] = line.split(' ');
    const [scheme, key] = validators.get(name) ?? [];
    if (!scheme || !value) continue;
    const bytes = unbase64(value);
    const id = await sha256(joined(ENCODER.encode(`${name}\n`), kinds[scheme] ?? new Uint8Array(), unhex(key)));
    if (same(bytes.slice(0, 4), id.slice(0, 4)) && await verifies(scheme, unhex(key), ENCODER.encode(text), bytes.slice(4))) signed.add(name);
  }
  const needed = Math.floor(validators.size * 2 / 3) + 1;
  if (signed.size < needed) throw new Fault('light.signatures', signed.size, validators.size, needed);
  const [origin, size, root, ...fields] = text.trim().split('\n');
  return { origin, size: Number(size), root: unbase64(root), signed: signed.size, ...Object.fromEntries(fields.map((field) => field.split(' '))) };
}

/** @param {Uint8Array} leaf @param {number} index @param {number} size @param {Uint8Array[]} proof @param {Uint8Array} root */
async function included(leaf, index, size, proof, root) {
  let [first, last, end] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (!last) throw new Fault('light.path');
    if (first % 2 || first === last) {
      end = await sha256(joined(Uint8Array.of(1), sibling, end));
      while (first % 2 === 0 && first) { first = Math.floor(first / 2); last = Math.floor(last / 2); }
    } else {
      end = await sha256(joined(Uint8Array.of(1), end, sibling));
    }
    first = Math.floor(first / 2); last = Math.floor(last / 2);
  }
  if (index >= size || last !== 0 || !same(end, root)) throw new Fault('light.path');
}

/** Digests that a transaction sets down (Borsh: little-endian, lengths before what they count). @param {Uint8Array} transaction @returns {{sender: string, digests: string[]}} */
function anchored(transaction) {
  const view = new DataView(transaction.buffer, transaction.byteOffset, transaction.length);
  let at = 34;
  const number = () => { at += 4; return view.getUint32(at - 4, true); };
  const take = (/** @type {number} */ count) => { at += count; return transaction.slice(at - count, at); };
  const sender = new TextDecoder().decode(take(number()));
  at += 16;
  /** @type {string[]} */ const digests = [];
  if (take(1)[0] === 2) {
    for (let left = number(); left > 0; left -= 1) {
      take(1);
      take(number());
      digests.push(hex(take(32)));
      take(20);
    }
  }
  return { sender, digests };
}

/**
 * Verifies a receipt; with a digest, that it was set down by it.
 * @param {Receipt} receipt @param {Genesis} genesis @param {string|null} digest
 * @returns {Promise<{index: number, sender: string, height: string, time_ms: number, signed: number, origin: string}>}
 */
export async function verifyReceipt(receipt, genesis, digest) {
  if (receipt.format !== 'westline-receipt-1') throw new Fault('light.form');
  if (receipt.suite !== 'international' || genesis.suite !== 'international') throw new Fault('light.scheme', receipt.suite);
  const header = /** @type {any} */ (await checkpoint(receipt.checkpoint, genesis));
  const entry = unbase64(receipt.entry);
  await included(await sha256(joined(Uint8Array.of(0), entry)), receipt.index, header.size, receipt.proof.map(unhex), header.root);
  const transaction = entry.slice(0, receipt.transaction_bytes);
  const rest = entry.slice(receipt.transaction_bytes);
  const key_bytes = new DataView(rest.buffer).getUint32(1, true);
  const [key, signature, outcome] = [rest.slice(5, 5 + key_bytes), rest.slice(5 + key_bytes, 69 + key_bytes), rest.slice(69 + key_bytes)];
  const scheme = ['ed25519', 'p256', 'sm2'][rest[0]];
  if (!await verifies(scheme, key, joined(ENCODER.encode('westline transaction 1\0'), transaction), signature)) throw new Fault('light.sender');
  const { sender, digests } = anchored(transaction);
  // Done, and nothing of it refused.
  const is_done = outcome.slice(0, 5).every((byte) => byte === 0);
  if (digest !== null && !(is_done && digests.includes(digest))) throw new Fault('light.document');
  return { index: receipt.index, sender, height: header.height, time_ms: Number(header.time), signed: header.signed, origin: header.origin };
}
