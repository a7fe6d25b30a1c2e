// The generator as a whole: jobs.yaml in, generated/ and missing stubs out. The steps are find, read, build, plan, write,
// scan; a run that finds everything as it left it stops after comparing hashes. What must hold: a config with errors
// writes nothing, a broken handler stops nothing, and nothing heavy is imported before it is needed.
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { buildModel, hashModel } from './build.js';
import { sha256 } from './canonical.js';
import type { Problem } from './diagnostics.js';
import type { ImportExtension } from './emit/imports.js';
import { ConfigMissingError } from './failures.js';
import { drift } from './findings.js';
import { scanUserFiles, wantedOf } from './handlers.js';
import type { Model } from './model.js';
import { type Places, readPlaces } from './places.js';
import type { Plan } from './plan.js';
import { readState, type State, stateKey, writeState } from './state.js';
import { importExtension } from './tsconfig.js';
import { apply, type Change, compare, orphans, readText, withoutCr } from './write.js';

export type { Problem } from './diagnostics.js';
export { ConfigMissingError, FileError } from './failures.js';
export { DEFAULT_FOLDERS } from './model.js';
export type { Places } from './places.js';
export type { Change } from './write.js';

export interface GenerateOptions {
  /** Folder of jobs.yaml; every path in it is relative to this one. */
  readonly root: string;
  /** Default: jobs.yaml in `root`. Its folder takes the place of `root`. */
  readonly configFile?: string;
  /** Writes nothing; `changes` are what would be done. */
  readonly check?: boolean;
}

export interface GenerateReport {
  /** 0 clean, 1 something needs a person, 2 jobs.yaml has errors and nothing was written. */
  readonly exitCode: 0 | 1 | 2;
  /** About jobs.yaml. */
  readonly problems: readonly Problem[];
  /** About handlers, error classes and, with `check`, generated/. */
  readonly findings: readonly Problem[];
  readonly changes: readonly Change[];
  readonly unchanged: number;
  readonly jobs: number;
  /** null when jobs.yaml has errors. */
  readonly modelHash: string | null;
  /** Text of a file that a problem names. */
  readonly textOf: (file: string) => string | undefined;
}

/** Makes generated/ fit jobs.yaml. @throws FileError when a file cannot be read or written. */
export async function generate(options: GenerateOptions): Promise<GenerateReport> {
  const source = readSource(options);
  const state = readState(source.root);
  const run: Run = { ...source, check: options.check ?? false, state };
  const known = state?.key === source.key && isAsLeft(source.root, state) ? state : null;
  return known === null ? regenerate(run) : report(run, { changes: [], made: known, drifts: [], written: new Map() });
}

/** The hash that generated/registry.ts should have; null when jobs.yaml has errors. @throws FileError */
export async function modelHash(
  options: GenerateOptions,
): Promise<{ hash: string | null; problems: readonly Problem[] }> {
  const source = readSource(options);
  const state = readState(source.root);
  if (state?.key === source.key) return { hash: state.modelHash, problems: state.problems };
  const { model, problems } = await readModel(source);
  return { hash: model === null ? null : hashModel(model), problems };
}

/** Where jobs.yaml puts things. @throws FileError, ConfigMissingError */
export async function placesOf(options: GenerateOptions): Promise<Places> {
  const source = readSource(options);
  const state = readState(source.root);
  return state?.key === source.key ? state.places : readPlaces(source.text);
}

/** The hash that registry.ts in a folder has; null when there is none. @throws FileError */
export function generatedHash(root: string, output: string): string | null {
  const text = readText(root, `${output}/registry.ts`) ?? '';
  return /^ {2}configHash: '([0-9a-f]{64})',/m.exec(text)?.[1] ?? null;
}

/** jobs.yaml or jobs.yml, here or in a folder above, up to the nearest package.json; null if there is none. */
export function findConfig(folder: string): string | null {
  for (const name of ['jobs.yaml', 'jobs.yml']) if (existsSync(join(folder, name))) return join(folder, name);
  const parent = dirname(folder);
  return existsSync(join(folder, 'package.json')) || parent === folder ? null : findConfig(parent);
}

interface Source {
  readonly root: string;
  readonly file: string;
  readonly text: string;
  readonly key: string;
}

interface Run extends Source {
  readonly check: boolean;
  readonly state: State | null;
}

/** What a run made, or found made: a state whose `seen` is still that of the run before. */
interface Made {
  readonly changes: readonly Change[];
  readonly made: State;
  /** Under check: what differs. */
  readonly drifts: readonly Problem[];
  /** Stubs just written. */
  readonly written: Plan;
}

function readSource({ root, configFile }: GenerateOptions): Source {
  const path = configFile === undefined ? join(resolve(root), 'jobs.yaml') : resolve(root, configFile);
  const folder = dirname(path);
  const file = basename(path);
  const text = readText(folder, file);
  if (text === null) throw new ConfigMissingError(`there is no ${path}`);
  return { root: folder, file, text, key: stateKey(folder, file, text) };
}

async function readModel({ text, file }: Source): Promise<{ model: Model | null; problems: readonly Problem[] }> {
  const { readConfig } = await import('./read.js');
  const { config, problems } = await readConfig({ text, file });
  return { model: config === null ? null : buildModel(config), problems };
}

/** Every output is on disk as it was written, for the tsconfig of now, nothing of ours is beside it, and no handler has gone. */
function isAsLeft(root: string, state: State): boolean {
  const outputs = Object.entries(state.outputs);
  const same = outputs.every(([path, hash]) => hashOf(readText(root, path)) === hash);
  const handlers = state.wanted.filter((wanted) => wanted.kind !== 'error');
  return (
    same &&
    state.extension === importExtension(join(root, state.places.folders.output)) &&
    orphans(root, state.places.folders.output, (path) => path in state.outputs).length === 0 &&
    handlers.every((wanted) => existsSync(join(root, wanted.file)))
  );
}

function hashOf(text: string | null): string {
  return text === null ? '' : sha256(withoutCr(text));
}

async function regenerate(run: Run): Promise<GenerateReport> {
  const { model, problems } = await readModel(run);
  if (model === null) return invalid(run, problems);
  const { planGenerated, planHandlers } = await import('./plan.js');
  const { output } = model.folders;
  const extension = importExtension(join(run.root, output));
  const plan = await planGenerated(model, extension);
  const needed = compare(run.root, output, plan);
  const made = stateOf(run, { model, problems, plan, extension, places: await readPlaces(run.text) });
  if (run.check) {
    return report(run, {
      changes: needed,
      made,
      drifts: needed.map(({ path, kind }) => drift(path, kind)),
      written: new Map(),
    });
  }
  const stubs = planHandlers(model, extension);
  const changes = apply(run.root, { changes: needed, plan, stubs });
  const written = new Map(changes.flatMap(({ path }) => (stubs.has(path) ? [[path, stubs.get(path)!] as const] : [])));
  return report(run, { changes, made, drifts: [], written });
}

interface Planned {
  readonly model: Model;
  readonly problems: readonly Problem[];
  readonly plan: Plan;
  readonly extension: ImportExtension;
  readonly places: Places;
}

function stateOf(run: Run, { model, problems, plan, extension, places }: Planned): State {
  return {
    key: run.key,
    places,
    extension,
    modelHash: hashModel(model),
    jobs: model.jobs.length,
    problems,
    outputs: Object.fromEntries([...plan].map(([path, text]) => [path, sha256(text)])),
    wanted: wantedOf(model),
    seen: run.state?.seen ?? {},
  };
}

async function report(run: Run, { changes, made, drifts, written }: Made): Promise<GenerateReport> {
  const { findings, seen } = await scanUserFiles({
    root: run.root,
    folders: made.places.folders,
    wanted: made.wanted,
    seen: made.seen,
    written,
  });
  if (!run.check && (made !== run.state || !isSame(seen, made.seen))) writeState(run.root, { ...made, seen });
  const all = [...drifts, ...findings];
  const files = Object.keys(made.outputs).length + made.wanted.filter(({ kind }) => kind !== 'error').length;
  return {
    exitCode: all.some((one) => one.code !== 'DJ1205') ? 1 : 0,
    problems: made.problems,
    findings: all,
    changes,
    unchanged: files - changes.filter(({ kind }) => kind !== 'delete').length,
    jobs: made.jobs,
    modelHash: made.modelHash,
    textOf: textsOf(run),
  };
}

/** The very entries of the last run. */
function isSame(seen: State['seen'], before: State['seen']): boolean {
  const files = Object.keys(seen);
  return files.length === Object.keys(before).length && files.every((file) => seen[file] === before[file]);
}

function invalid(run: Run, problems: readonly Problem[]): GenerateReport {
  return {
    exitCode: 2,
    problems,
    findings: [],
    changes: [],
    unchanged: 0,
    jobs: 0,
    modelHash: null,
    textOf: textsOf(run),
  };
}

function textsOf({ root, file, text }: Source): (file: string) => string | undefined {
  return (name) => (name === file ? text : (readText(root, name) ?? undefined));
}
