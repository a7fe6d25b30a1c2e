// The file that is jobs.yaml: where it is looked for, and its text with what a run remembers it by.
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigMissingError } from './failures.js';
import { stateKey } from './state.js';
import { readText } from './write.js';

/** jobs.yaml or jobs.yml, here or in a folder above, up to the nearest package.json; null if there is none. */
export function findConfig(folder: string): string | null {
  for (const name of ['jobs.yaml', 'jobs.yml']) if (existsSync(join(folder, name))) return join(folder, name);
  const parent = dirname(folder);
  return existsSync(join(folder, 'package.json')) || parent === folder ? null : findConfig(parent);
}

/** A jobs.yaml that was read. */
export interface Source {
  readonly root: string;
  readonly file: string;
  readonly text: string;
  readonly key: string;
}

/** @throws FileError, ConfigMissingError */
export function readSource({ root, configFile }: { readonly root: string; readonly configFile?: string }): Source {
  const path = configFile === undefined ? join(resolve(root), 'jobs.yaml') : resolve(root, configFile);
  const folder = dirname(path);
  const file = basename(path);
  const text = readText(folder, file);
  if (text === null) throw new ConfigMissingError(`there is no ${path}`);
  return { root: folder, file, text, key: stateKey(folder, file, text) };
}

/** The hash that registry.ts in a folder has; null when there is none. @throws FileError */
export function generatedHash(root: string, output: string): string | null {
  const text = readText(root, `${output}/registry.ts`) ?? '';
  return /^ {2}configHash: '([0-9a-f]{64})',/m.exec(text)?.[1] ?? null;
}

/** The text of a file that a problem names. */
export function textsOf({ root, file, text }: Source): (file: string) => string | undefined {
  return (name) => (name === file ? text : (readText(root, name) ?? undefined));
}
