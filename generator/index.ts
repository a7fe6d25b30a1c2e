// The generator as a whole: jobs.yaml in, generated/ and missing stubs out. The steps are find, read, build, plan, write,
// scan; a run that finds everything as it left it stops after comparing hashes. What must hold: a config with errors
// writes nothing, a broken handler stops nothing, and nothing heavy is imported before it is needed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hashModel } from './build.js';
import { sha256 } from './canonical.js';
import { readSource, type Source, textsOf } from './config-file.js';
import type { Problem } from './diagnostics.js';
import type { ImportExtension } from './emit/imports.js';
import { drift, type Wanted } from './findings.js';
import { formerHandlers, formerOutputs } from './former.js';
import type { GenerateOptions, GenerateReport } from './generate-types.js';
import { scanUserFiles, wantedOf } from './handlers.js';
import type { Model } from './model.js';
import { asideFolder, findOrphans, orphanChanges } from './orphans.js';
import { type Places, readPlaces } from './places.js';
import type { Plan } from './plan.js';
import { readModel } from './read-model.js';
import { readState, type State, writeState } from './state.js';
import { staleStubs, stubsToMake } from './stubs.js';
import { importExtension } from './tsconfig.js';
import { apply, type Change, compare, orphans, readText, withoutCr } from './write.js';

export { findConfig, generatedHash } from './config-file.js';
export type { Problem } from './diagnostics.js';
export { ConfigMissingError, FileError } from './failures.js';
export type { GenerateOptions, GenerateReport } from './generate-types.js';
export { DEFAULT_FOLDERS } from './model.js';
export { type Places, readPlaces } from './places.js';
export { type Change, readText } from './write.js';

/** Makes generated/ fit jobs.yaml. @throws FileError when a file cannot be read or written. */
export async function generate(options: GenerateOptions): Promise<GenerateReport> {
  const source = readSource(options);
  const state = readState(source.root);
  const check = options.check ?? false;
  const dryRun = options.dryRun ?? false;
  const run: Run = { ...source, check, dryRun, prune: !check && options.prune === true, state };
  const known = state?.key === source.key && isAsLeft(run, state) ? state : null;
  return known === null ? regenerate(run) : report(run, { changes: [], made: known, noticed: [], written: new Map() });
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

/** Told, and nothing needs to be done. */
const HARMLESS = ['DJ1205', 'DJ1208', 'DJ1221'];

interface Run extends Source {
  readonly check: boolean;
  readonly dryRun: boolean;
  readonly prune: boolean;
  readonly state: State | null;
}

/** What a run made, or found made: a state whose `seen` is still that of the run before. */
interface Made {
  readonly changes: readonly Change[];
  readonly made: State;
  /** Renames that were seen; under check also what differs. */
  readonly noticed: readonly Problem[];
  /** Stubs just written, or that would be. */
  readonly written: Plan;
  /** Texts of what is created and updated. */
  readonly texts?: Plan;
}

/** Every output is on disk as it was written, for the tsconfig of now, nothing of ours is beside it, no handler has gone and none is to go. */
function isAsLeft({ root, prune }: Run, state: State): boolean {
  const { folders } = state.places;
  const outputs = Object.entries(state.outputs);
  const same = outputs.every(([path, hash]) => hashOf(readText(root, path)) === hash);
  const handlers = state.wanted.filter((wanted) => wanted.kind !== 'error');
  return (
    same &&
    state.extension === importExtension(join(root, folders.output)) &&
    orphans(root, folders.output, (path) => path in state.outputs).length === 0 &&
    handlers.every((wanted) => existsSync(join(root, wanted.file))) &&
    findOrphans(root, folders, state.wanted).every(({ pristine }) => !pristine && !prune)
  );
}

function hashOf(text: string | null): string {
  return text === null ? '' : sha256(withoutCr(text));
}

async function regenerate(run: Run): Promise<GenerateReport> {
  const { model, places, problems, errorPlaces } = await readModel(run);
  if (model === null) return invalid(run, problems);
  const wanted = wantedOf(model, errorPlaces);
  const { planGenerated, planHandlers } = await import('./plan.js');
  const { renamesSeen } = await import('./renames.js');
  const { folders } = model;
  const extension = importExtension(join(run.root, folders.output));
  const plan = await planGenerated(model, extension);
  const stubs = planHandlers(model, extension);
  const gone = findOrphans(run.root, folders, wanted);
  const needed = [
    ...compare(run.root, folders.output, plan),
    ...orphanChanges(run.root, gone, run.prune ? asideFolder(folders) : null),
    ...staleStubs(run.root, folders, stubs),
    ...formerOutputs(run.root, run.state, plan, folders),
  ];
  const made = stateOf(run, { model, problems, wanted, plan, extension, places });
  const registry = `${folders.output}/registry.ts`;
  const noticed = renamesSeen(run, { path: registry, text: plan.get(registry) ?? '' }, gone);
  if (run.check) {
    const isStub = (path: string) => gone.some(({ file }) => file === path);
    const drifts = needed.flatMap((change) => (change.kind === 'move' ? [] : [drift(change, isStub(change.path))]));
    return report(run, { changes: needed, made, noticed: [...noticed, ...drifts], written: new Map(), texts: plan });
  }
  const missing = await stubsToMake(run.root, { handlers: folders.handlers, former: made.former }, stubs);
  if (run.dryRun) {
    const creates = [...missing.keys()].map((path): Change => ({ kind: 'create', path }));
    const texts = new Map([...plan, ...missing]);
    return report(run, { changes: [...creates, ...needed], made, noticed, written: missing, texts });
  }
  const changes = apply(run.root, { changes: needed, plan, stubs: missing, record: registry });
  const written = new Map([...missing].filter(([path]) => changes.some((change) => change.path === path)));
  return report(run, { changes, made, noticed, written });
}

interface Planned {
  readonly model: Model;
  readonly problems: readonly Problem[];
  readonly wanted: readonly Wanted[];
  readonly plan: Plan;
  readonly extension: ImportExtension;
  readonly places: Places;
}

function stateOf(run: Run, { model, problems, wanted, plan, extension, places }: Planned): State {
  return {
    key: run.key,
    places,
    former: formerHandlers(run.state, model.folders),
    extension,
    modelHash: hashModel(model),
    jobs: model.jobs.length,
    problems,
    outputs: Object.fromEntries([...plan].map(([path, text]) => [path, sha256(text)])),
    wanted,
    seen: run.state?.seen ?? {},
  };
}

async function report(run: Run, { changes, made, noticed, written, texts }: Made): Promise<GenerateReport> {
  const { findings, seen } = await scanUserFiles({
    root: run.root,
    folders: made.places.folders,
    former: made.former,
    wanted: made.wanted,
    seen: made.seen,
    written,
  });
  if (!run.check && !run.dryRun && (made !== run.state || !isSame(seen, made.seen)))
    writeState(run.root, { ...made, seen });
  const all = [...noticed, ...findings.filter(({ code }) => run.check || code !== 'DJ1208')];
  const files =
    Object.keys(made.outputs).length +
    made.wanted.filter(({ kind, job }) => kind !== 'error' && job === undefined).length;
  return {
    root: run.root,
    exitCode: all.some(({ code }) => !HARMLESS.includes(code)) ? 1 : 0,
    problems: made.problems,
    findings: all,
    changes,
    unchanged: files - changes.filter(({ kind }) => kind === 'create' || kind === 'update').length,
    jobs: made.jobs,
    modelHash: made.modelHash,
    textOf: textsOf(run),
    newTextOf: (path) => texts?.get(path),
    files: [...Object.keys(made.outputs), ...made.wanted.map(({ file }) => file)],
  };
}

/** The very entries of the last run. */
function isSame(seen: State['seen'], before: State['seen']): boolean {
  const files = Object.keys(seen);
  return files.length === Object.keys(before).length && files.every((file) => seen[file] === before[file]);
}

function invalid(run: Run, problems: readonly Problem[]): GenerateReport {
  return {
    root: run.root,
    exitCode: 2,
    problems,
    findings: [],
    changes: [],
    unchanged: 0,
    jobs: 0,
    modelHash: null,
    textOf: textsOf(run),
    newTextOf: () => undefined,
    files: [],
  };
}
