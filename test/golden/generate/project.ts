// What the golden cases of generation have in common: a fresh project with the case's jobs.yaml and the files its author has
// to write, and the text of every file in generated/ and handlers/.
// UPDATE_GOLDEN=1 rewrites expected/; look at every line of it before it is committed.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from '../../../generator/index.js';
import { scratchFolder } from '../../support/scratch.js';

const HERE = fileURLToPath(new URL('./', import.meta.url));
const FOLDERS = ['generated', 'handlers'];
/** Written by hand; the stubs are beside it. */
const ERRORS_FILE = 'handlers/errors.ts';

/** Text by path of every file in generated/ and handlers/. */
export function filesOf(root: string): Record<string, string> {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  );
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** The jobs.yaml of a case. */
export function yamlOf(name: string): string {
  return readFileSync(join(HERE, name, 'jobs.yaml'), 'utf8');
}

/** A project with the jobs.yaml of the golden case, and the one file that its author has to write. */
export function project(name: string, { folder, yaml = yamlOf(name) }: { folder: string; yaml?: string }): string {
  const root = scratchFolder(folder);
  writeFileSync(join(root, 'jobs.yaml'), yaml);
  const errors = join(HERE, name, 'expected', ERRORS_FILE);
  if (existsSync(errors)) cpSync(errors, join(root, ERRORS_FILE));
  return root;
}

/** The golden files of a case, made anew first if that is asked for. */
export async function goldenFiles(name: string): Promise<Record<string, string>> {
  const expected = join(HERE, name, 'expected');
  if (process.env.UPDATE_GOLDEN === '1') await update(name, expected);
  return filesOf(expected);
}

async function update(name: string, expected: string): Promise<void> {
  const root = project(name, { folder: `golden-update-${name}` });
  await generate({ root });
  for (const folder of FOLDERS) {
    cpSync(join(root, folder), join(root, 'copy', folder), { recursive: true });
    rmSync(join(expected, folder), { recursive: true, force: true });
    cpSync(join(root, 'copy', folder), join(expected, folder), { recursive: true });
  }
}
