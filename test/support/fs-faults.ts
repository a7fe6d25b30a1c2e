// A disk that fails at a chosen write below a folder: the machine is switched off there, one write is refused, or from there on
// the disk is full, read-only, or somebody else's. What must hold: a file being written has half of its text then, as it may have on a real disk; and after a
// "kill" nothing changes the disk any more, so that no cleaning up can hide what was left. Replaces functions of node:fs in
// this process, for code that imports them by name too, and puts them back.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve, sep } from 'node:path';

export type Fault = 'kill' | 'refused' | 'full' | 'read-only' | 'denied';

/** What the system says. */
const CODES: Readonly<Record<Exclude<Fault, 'kill'>, string>> = {
  refused: 'ENOSPC',
  full: 'ENOSPC',
  'read-only': 'EROFS',
  denied: 'EACCES',
};

/** What a killed process would not have lived to see. */
export class Killed extends Error {}

const WRITES = [
  ...(['writeFileSync', 'appendFileSync', 'mkdirSync', 'linkSync', 'symlinkSync', 'copyFileSync'] as const),
  ...(['renameSync', 'rmSync', 'unlinkSync', 'rmdirSync', 'chmodSync', 'utimesSync', 'truncateSync'] as const),
];
const TAKES_SPACE: readonly string[] = ['writeFileSync', 'appendFileSync', 'mkdirSync', 'linkSync', 'copyFileSync'];

export interface FaultOptions {
  /** Writes elsewhere are not counted. */
  readonly root: string;
  /** Of the writes, from 1. */
  readonly at: number;
  readonly fault: Fault;
  /** In the place of throwing Killed. */
  readonly kill?: () => never;
}

/** Breaks the disk; the answer mends it and says how many writes there were. */
export function breakDisk({ root, at, fault, kill = die }: FaultOptions): () => number {
  const originals = Object.fromEntries(WRITES.map((name) => [name, fs[name]])) as Record<string, AnyFunction>;
  let count = 0;
  const strike = (name: string, args: readonly unknown[]): void => {
    if (!isBelow(root, args)) return;
    count += 1;
    if (count < at || (count > at && fault === 'refused')) return;
    if (fault === 'full' && !TAKES_SPACE.includes(name)) return;
    const begins = fault !== 'read-only' && fault !== 'denied';
    if (count === at && name === 'writeFileSync' && begins) writeHalf(originals, args);
    const code = fault === 'kill' ? kill() : CODES[fault];
    throw Object.assign(new Error(`${code}: ${name}`), { code });
  };
  for (const name of WRITES) {
    const original = originals[name] as AnyFunction;
    replace(name, (...args) => {
      strike(name, args);
      return original(...args);
    });
  }
  syncBuiltinESMExports();
  return () => {
    for (const name of WRITES) replace(name, originals[name] as AnyFunction);
    syncBuiltinESMExports();
    return count;
  };
}

type AnyFunction = (...args: unknown[]) => unknown;

function replace(name: string, by: AnyFunction): void {
  (fs as unknown as Record<string, AnyFunction>)[name] = by;
}

function die(): never {
  throw new Killed('killed');
}

function writeHalf(originals: Readonly<Record<string, AnyFunction>>, [path, text]: readonly unknown[]): void {
  originals.writeFileSync?.(path, String(text).slice(0, String(text).length / 2));
}

function isBelow(root: string, args: readonly unknown[]): boolean {
  return args
    .slice(0, 2)
    .some(
      (path) => typeof path === 'string' && path.length < 1000 && `${resolve(path)}${sep}`.startsWith(`${root}${sep}`),
    );
}
