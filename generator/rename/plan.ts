// What `dal-job rename` does to files: the key in jobs.yaml, the handler's file and what in it has the job's name. Everything
// is read and decided before anything is written, and then written all or nothing. What must hold: it may be repeated after a
// kill at any moment, and after somebody renamed the key by hand; each part that is done already is left alone.
import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildModel, hashModel } from '../build.js';
import { commit, type FileOperation } from '../commit.js';
import type { Job, JobsConfig } from '../config.gen.js';
import { readSource, type Source } from '../config-file.js';
import type { Problem } from '../diagnostics.js';
import { handlerOf, type Model } from '../model.js';
import { reservedBecause } from '../names.js';
import { readConfig } from '../read.js';
import { suggest } from '../suggest.js';
import { readBytes } from '../write.js';
import { handlerRename } from './handler.js';
import { RenameRefused } from './refused.js';
import { renameInYaml } from './yaml.js';

export interface RenameOptions {
  readonly root: string;
  readonly configFile?: string;
  readonly from: string;
  readonly to: string;
}

export interface RenamePlan {
  readonly root: string;
  /** As jobs.yaml will mean. */
  readonly model: Model;
  readonly configHash: string;
  /** What is to be done, in order; empty when all of it was done before. */
  readonly operations: readonly FileOperation[];
  /** What the job had and the new name changes elsewhere. */
  readonly inlineInput: boolean;
}

/** @throws FileError, ConfigMissingError, RenameRefused; problems when jobs.yaml has errors as it is */
export async function planRename(options: RenameOptions): Promise<RenamePlan | { readonly problems: Problem[] }> {
  const source = readSource(options);
  const { config, problems } = readConfig(source);
  if (config === null) return { problems };
  const { from, to } = options;
  const text = renamedText(source, config, options);
  const after = text === source.text ? config : readRenamed(source, text, to);
  const model = buildModel(after);
  const job = after.jobs?.[to] ?? {};
  const code = await handlerRename(source.root, {
    ...{ from, to },
    ...placesOf(model, job, { from, to }),
    description: job.desc ?? '',
  });
  const yaml: FileOperation[] = text === source.text ? [] : [{ kind: 'put', path: realFile(source), text }];
  return {
    root: source.root,
    model,
    configHash: hashModel(model),
    operations: [...code.puts, ...yaml, ...code.deletes],
    inlineInput: job.input !== undefined && job.input.$ref === undefined,
  };
}

/** @throws FileError with everything as it was */
export function applyRename({ root, operations }: RenamePlan): void {
  commit(root, operations);
}

/** The file that jobs.yaml is, or is a link to. @throws RenameRefused when it is more than text */
function realFile({ root, file, text }: Source): string {
  if (readBytes(root, file).equals(Buffer.from(text))) return relative(root, realpathSync(join(root, file)));
  throw new RenameRefused('DJ1231', `${file} is not UTF-8: rename the job there by hand and run this command again`);
}

/** The text of jobs.yaml with the new name; as it is when it has that already. */
function renamedText(source: Source, { jobs = {} }: JobsConfig, { from, to }: RenameOptions): string {
  if (from === to) throw new RenameRefused('DJ1230', 'the old name and the new one are the same');
  const [hasOld, hasNew] = [Object.hasOwn(jobs, from), Object.hasOwn(jobs, to)];
  if (hasOld && hasNew) throw new RenameRefused('DJ1230', `${source.file} has a job "${from}" and a job "${to}"`);
  if (hasNew) return source.text;
  if (!hasOld) {
    const near = suggest(from, Object.keys(jobs));
    const hint = near === undefined ? '' : `: did you mean "${near}"?`;
    throw new RenameRefused('DJ1230', `${source.file} has no job "${from}"${hint}`);
  }
  requireName(to);
  const text = renameInYaml(source.text, from, to);
  if (text !== null) return text;
  const way = 'rename it there by hand and run this command again';
  throw new RenameRefused('DJ1231', `the name "${from}" is not written out under jobs: in ${source.file}: ${way}`);
}

function requireName(name: string): void {
  const form = 'a name starts with a small letter and goes on with letters and digits, 64 at most';
  if (!/^[a-z][A-Za-z0-9]{0,63}$/.test(name)) throw new RenameRefused('DJ1230', `"${name}" is not a name: ${form}`);
  const reserved = reservedBecause(name, 'job');
  if (reserved !== null) throw new RenameRefused('DJ1230', `"${name}" is reserved: ${reserved}`);
}

function readRenamed(source: Source, text: string, to: string): JobsConfig {
  const { config, problems } = readConfig({ file: source.file, text });
  if (config !== null) return config;
  const first = problems.find(({ severity }) => severity === 'error')?.message ?? 'it has errors';
  throw new RenameRefused('DJ1230', `with a job "${to}", ${source.file} would have errors: ${first}`);
}

/** Where the handler is under either name, and whether its export has the job's name. */
function placesOf({ folders }: Model, { handler }: Job, { from, to }: { readonly from: string; readonly to: string }) {
  if (handler === undefined) {
    const [before, after] = [from, to].map((name) => handlerOf(folders, { name }).file);
    return { before: before ?? '', after: after ?? '', renameExport: true };
  }
  const file = handler.replace(/#.*$/, '').replace(/^\.\//, '');
  return { before: file, after: file, renameExport: !handler.includes('#') };
}
