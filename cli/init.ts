// `dal-job init [dir]`: makes a folder a project with jobs, and says what to do next. It asks nothing. What must hold: no
// file is overwritten, what is in package.json, .gitignore and .gitattributes stays, and a second run changes nothing.
import { existsSync, mkdirSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { CommandModule, ExitCode } from './command.js';
import { keptScripts, type Own, packageName, withDalJob } from './init/manifest.js';
import { appName, DATABASES, type DatabaseKind, newJobsYaml, withLines } from './init/project-files.js';
import { print } from './output.js';

const HELP = `
Writes jobs.yaml with one example; adds scripts and packages to package.json, lines to .gitignore and .gitattributes.
Nothing that is there is changed. A folder with src/ gets src/generated and src/handlers.

Exit codes: 0 done, 3 a file could not be read or written, 64 wrong use of the command line`;

export const init: CommandModule = {
  configure(command: Command): void {
    command
      .argument('[dir]', 'the folder (default: this one)')
      .addOption(
        new Option('--database <name>', 'whose driver to add')
          .choices(DATABASES)
          .default('sqlite' satisfies DatabaseKind),
      )
      .addHelpText('after', HELP);
  },

  async run(options, [dir = '.']): Promise<ExitCode> {
    const generator = await import('../generator/index.js');
    const ground: Ground = { root: resolve(dir), database: options.database as DatabaseKind, generator };
    makeFolder(ground, dir);
    const changed = [...(await plan(ground))].filter(([file, text]) => write(ground, file, text));
    if (changed.length === 0) print('nothing to do: all of it is there');
    for (const [name, own] of keptScripts(generator.readText(ground.root, 'package.json')))
      print(`keep scripts.${name} of package.json, which is not "${own}"`);
    for (const line of await steps(ground)) print(line);
    return 0;
  },
};

interface Ground {
  readonly root: string;
  readonly database: DatabaseKind;
  readonly generator: typeof import('../generator/index.js');
}

/** @throws FileError when a file is there */
function makeFolder({ root, generator }: Ground, dir: string): void {
  try {
    mkdirSync(root, { recursive: true });
  } catch (cause) {
    throw new generator.FileError('write', dir, cause);
  }
}

/** Every file with its text; jobs.yaml only if there is none. */
async function plan(ground: Ground): Promise<ReadonlyMap<string, string>> {
  const { root, database, generator } = ground;
  const read = (file: string) => generator.readText(root, file);
  const manifest = read('package.json');
  const own = createRequire(import.meta.url)('dal-job/package.json') as Own;
  const completed = parsed(ground, () => withDalJob(manifest, database, own));
  const config =
    readConfig(ground) ??
    newConfig(
      ground,
      parsed(ground, () => packageName(manifest)),
    );
  const isNew = manifest === null || read('.gitignore') === null;
  const { output } = (await generator.readPlaces(config)).folders;
  return new Map([
    ...(readConfig(ground) === null ? [['jobs.yaml', config] as const] : []),
    ['package.json', completed],
    ['.gitignore', withLines(read('.gitignore'), [...(isNew ? ['node_modules/'] : []), '.dal-job/'])],
    ['.gitattributes', withLines(read('.gitattributes'), [`${output}/** linguist-generated=true text eol=lf`])],
  ]);
}

function readConfig({ root, generator }: Ground): string | null {
  return generator.readText(root, 'jobs.yaml') ?? generator.readText(root, 'jobs.yml');
}

function newConfig({ root, database }: Ground, name = basename(root)): string {
  const hasSources = statSync(join(root, 'src'), { throwIfNoEntry: false })?.isDirectory() ?? false;
  const folders = hasSources ? { output: 'src/generated', handlers: 'src/handlers' } : null;
  return newJobsYaml({ app: appName(name), database, folders });
}

/** @throws FileError when package.json is no JSON */
function parsed<T>({ generator }: Ground, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new generator.FileError('read', 'package.json', { code: `it is not JSON (${(cause as Error).message})` });
  }
}

/** Whether there was anything to write. A file that is there is replaced as a whole. @throws FileError */
function write({ root, generator }: Ground, file: string, text: string): boolean {
  const before = generator.readText(root, file);
  if (before === text) return false;
  try {
    if (before === null) writeFileSync(join(root, file), text, { flag: 'wx' });
    else replace(realpathSync(join(root, file)), text);
  } catch (cause) {
    throw new generator.FileError('write', file, cause);
  }
  print(`${before === null ? 'create' : 'update'} ${file}`);
  return true;
}

function replace(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: statSync(path).mode });
  renameSync(temporary, path);
}

const MANAGERS = [
  ['pnpm-lock.yaml', 'pnpm install', 'pnpm exec'],
  ['yarn.lock', 'yarn install', 'yarn'],
  ['bun.lock', 'bun install', 'bunx'],
] as const;

async function steps(ground: Ground): Promise<string[]> {
  const { root, database, generator } = ground;
  const { folders } = await generator.readPlaces(readConfig(ground) ?? '');
  const [, install, run] = MANAGERS.find(([lock]) => existsSync(join(root, lock))) ?? ['', 'npm install', 'npx'];
  const folder = relative(process.cwd(), root);
  const url = database === 'sqlite' ? '' : `DATABASE_URL=${database}://user:password@host:3306/name `;
  return [
    '',
    'Next:',
    `  1. ${folder === '' ? '' : `cd ${folder} && `}${install}`,
    `  2. edit jobs.yaml, then ${run} dal-job gen: it makes a stub of each handler in ${folders.handlers}/jobs`,
    `  3. fill in the stubs, then ${url}${run} dal-job start`,
  ];
}
