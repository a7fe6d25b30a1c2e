// Ids of rows that this process makes: UUIDv7, so that rows made one after the other lie one after the other in their index,
// and two of the same millisecond are told apart in the order they were made. What must hold: no two are ever equal (62 bits
// of chance), and nothing is decided by them: between machines their order means nothing.
import { randomBytes } from 'node:crypto';

/** RFC 9562, version 7; the 12 bits after the milliseconds are their fraction, not a counter: nothing is kept between two calls. */
export function newId(): string {
  const nowMs = preciseNow();
  const ms = Math.floor(nowMs);
  const fraction = Math.floor((nowMs - ms) * 4096);
  const bytes = randomBytes(16);
  bytes.writeUIntBE(ms, 0, 6);
  bytes.writeUInt16BE(0x7000 | fraction, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** By the monotonic clock, until that has parted from the wall clock: somebody set it, or the machine slept. */
function preciseNow(): number {
  const precise = performance.timeOrigin + performance.now();
  const wall = Date.now();
  return Math.abs(precise - wall) < 1_000 ? precise : wall;
}
