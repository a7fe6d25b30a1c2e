// package.json as `dal-job init` leaves it: with scripts, and with the packages that an instance needs. What must hold: a
// script or a dependency that is there, of whatever version and in whatever list, is not touched; nor are the order of keys,
// the indentation and the line ends.
import type { DatabaseKind } from './project-files.js';

type Manifest = Record<string, unknown>;
type Ranges = Readonly<Record<string, string>>;

export interface Own {
  readonly version: string;
  /** Ranges that dal-job works with, by package. */
  readonly peerDependencies: Ranges;
}

const SCRIPTS: Ranges = { gen: 'dal-job gen', 'gen:check': 'dal-job gen --check', jobs: 'dal-job start' };
const DRIVERS: Readonly<Record<DatabaseKind, string>> = { sqlite: 'libsql', mysql: 'mysql2', mariadb: 'mysql2' };
const LISTS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;

/**
 * The text of package.json with what is missing.
 * @param text null: there is none yet.
 * @throws SyntaxError when it is not JSON, or no object
 */
export function withDalJob(text: string | null, database: DatabaseKind, own: Own): string {
  const manifest = text === null ? newManifest() : parseManifest(text);
  const runtime = ranges(own, ['sequelize', DRIVERS[database]]);
  const additions = [
    add(manifest, 'scripts', missing(SCRIPTS, [manifest.scripts])),
    addPackages(manifest, 'dependencies', { 'dal-job': `^${own.version}`, ...runtime }),
    addPackages(manifest, 'devDependencies', ranges(own, ['tsx'])),
  ];
  if (text !== null && !additions.includes(true)) return text;
  return printed(manifest, text ?? '');
}

/** Scripts of ours whose names it has for something else, with what they would be. */
export function keptScripts(text: string | null): readonly (readonly [name: string, own: string])[] {
  const { scripts } = text === null ? ({} as Manifest) : parseManifest(text);
  return Object.entries(SCRIPTS).filter(([name, own]) => has(scripts, name) && (scripts as Ranges)[name] !== own);
}

/** The name that it gives the package, if it does. */
export function packageName(text: string | null): string | undefined {
  const { name } = text === null ? ({} as Manifest) : parseManifest(text);
  return typeof name === 'string' ? name : undefined;
}

function newManifest(): Manifest {
  return { private: true, type: 'module' };
}

function parseManifest(text: string): Manifest {
  const manifest = JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  if (!isRecord(manifest)) throw new SyntaxError('it is not an object');
  return manifest;
}

function ranges({ peerDependencies }: Own, names: readonly string[]): Ranges {
  return Object.fromEntries(names.map((name) => [name, peerDependencies[name] ?? '*']));
}

function addPackages(manifest: Manifest, list: (typeof LISTS)[number], wanted: Ranges): boolean {
  const lists = LISTS.map((name) => manifest[name]);
  return add(manifest, list, missing(wanted, lists), true);
}

function missing(wanted: Ranges, lists: readonly unknown[]): Ranges {
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !lists.some((list) => has(list, name))));
}

function has(list: unknown, name: string): boolean {
  return isRecord(list) && Object.hasOwn(list, name);
}

/** Whether there was anything to add. Packages are sorted, as package managers do. */
function add(manifest: Manifest, key: string, entries: Ranges, sorted = false): boolean {
  if (Object.keys(entries).length === 0) return false;
  const before = manifest[key];
  const all = Object.entries({ ...(isRecord(before) ? before : {}), ...entries });
  manifest[key] = Object.fromEntries(sorted ? all.sort(([a], [b]) => (a < b ? -1 : 1)) : all);
  return true;
}

/** As it was printed before: its indentation, its line ends, its last line break. */
function printed(manifest: Manifest, before: string): string {
  const indent = /^([ \t]+)"/m.exec(before)?.[1] ?? '  ';
  const text = `${JSON.stringify(manifest, null, indent)}${/[^\n]$/.test(before) ? '' : '\n'}`;
  const ends = before.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text;
  return before.startsWith('\uFEFF') ? `\uFEFF${ends}` : ends;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
