// What the last run saw, so that a run without changes costs no parser, no compiler and no ts-morph. Disposable: it lies
// in node_modules/.cache, is never committed, and any doubt (another version, an unreadable line, a missing folder)
// means starting from nothing. It remembers hashes and never texts, so that it cannot put anything stale on disk.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalJson, sha256 } from './canonical.js';
import type { Problem } from './diagnostics.js';
import type { ImportExtension } from './emit/imports.js';
import type { Wanted } from './findings.js';
import type { Places } from './places.js';

/** A user's file as it was when last parsed. */
export interface SeenFile {
  readonly hash: string;
  readonly findings: readonly Problem[];
}

export interface State {
  /** Hash of everything outputs depend on: tool, root, text of jobs.yaml. */
  readonly key: string;
  readonly places: Places;
  /** The folder of handlers before that of `places`. */
  readonly former?: string | undefined;
  /** That the project's tsconfig asked for. */
  readonly extension: ImportExtension;
  readonly modelHash: string;
  readonly jobs: number;
  /** Warnings about jobs.yaml. */
  readonly problems: readonly Problem[];
  /** Hash by path of every generated file. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The exports that are asked of user files. */
  readonly wanted: readonly Wanted[];
  readonly seen: Readonly<Record<string, SeenFile>>;
}

/** Hash of what decides the outputs. */
export function stateKey(root: string, file: string, text: string): string {
  return sha256(canonicalJson([toolVersion(), root, file, text]));
}

/** The state of the last run, or null. */
export function readState(root: string): State | null {
  const path = statePath(root);
  if (path === null) return null;
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as State;
    return typeof state.key === 'string' && typeof state.outputs === 'object' && typeof state.seen === 'object'
      ? state
      : null;
  } catch {
    return null;
  }
}

/** Remembers a run; does without when the folder cannot be written. */
export function writeState(root: string, state: State): void {
  const path = statePath(root);
  if (path === null) return;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, JSON.stringify(state));
    renameSync(temporary, path);
  } catch {
    // the next run is slower, nothing else
  }
}

/** In the nearest node_modules; a project without one has no cache. */
function statePath(root: string): string | null {
  for (let folder = root; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (existsSync(modules)) return join(modules, '.cache', 'dal-job', 'state.json');
    if (folder === dirname(folder)) return null;
  }
}

/** Version of the package; from source also the newest change of the generator itself. */
export function toolVersion(): string {
  const own = fileURLToPath(import.meta.url);
  const version = packageVersion(dirname(own));
  return own.endsWith('.ts')
    ? `${version}+${newestMs(dirname(own))}+${newestMs(join(dirname(own), '../runtime/db'))}`
    : version;
}

function packageVersion(folder: string): string {
  const path = join(folder, 'package.json');
  if (existsSync(path)) return String((JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown }).version);
  return folder === dirname(folder) ? 'unknown' : packageVersion(dirname(folder));
}

function newestMs(folder: string): number {
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? newestMs(path) : statSync(path).mtimeMs;
  });
  return Math.max(0, ...times);
}
