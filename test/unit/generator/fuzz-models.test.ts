// Any right jobs.yaml makes code that a strict project accepts, and the same bytes when it is made again with its keys in
// another order. A few each time, 1,000 with DAL_JOB_TEST_LONG=1, many in one program of the compiler; a failure prints
// its seed, which DAL_JOB_TEST_SEED takes.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { buildModel } from '../../../generator/build.js';
import { formatProblems } from '../../../generator/diagnostics.js';
import type { Model } from '../../../generator/model.js';
import { planGenerated, planHandlers } from '../../../generator/plan.js';
import { createConfigReader, type ReadConfig } from '../../../generator/read.js';
import { anyConfig } from '../../support/any-config.js';
import { ROOT } from '../../support/docs.js';
import { fuzzing } from '../../support/fuzzing.js';
import { scratchFolder } from '../../support/scratch.js';

const ERRORS = `export class GatewayTimeout extends Error {}
export class Busy extends Error {}
export class Odd extends Error {}
`;
/** Without anchors: what is equal need not be one. */
const PLAIN = { aliasDuplicateObjects: false };
/** As many in one program as need no extraordinary memory. */
const BATCH = 250;

describe('any right jobs.yaml', function () {
  this.timeout(3_600_000);

  it('makes the same bytes twice, and code that type-checks', async () => {
    const read = createConfigReader();
    const { numRuns, ...options } = fuzzing({ each: 25, long: 1_000 });
    const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
    const configs = fc.sample<object>(anyConfig(), { numRuns, seed });
    for (let first = 0; first < configs.length; first += BATCH) {
      const root = project(`models-${first}`);
      for (const [index, config] of configs.slice(first, first + BATCH).entries()) {
        const note = `DAL_JOB_TEST_SEED=${seed}, number ${first + index}\n${stringify(config, PLAIN)}`;
        await write(join(root, `m${index}`), modelOf(read, stringify(config, PLAIN), note), { config, note, read });
      }
      const said = typeCheck(root).replace(KNOWN_WRONG, '');
      expect(said, `DAL_JOB_TEST_SEED=${seed}\n${shown(root, said)}`).to.equal('');
    }
    console.log(`      ${configs.length} configs, seed ${seed}`);
  });
});

function modelOf(read: ReadConfig, text: string, note: string): Model {
  const { config, problems } = read({ text, file: 'jobs.yaml' });
  expect(config, `${note}\n${formatProblems({ problems, textOf: () => text, color: false })}`).not.to.equal(null);
  return buildModel(config!);
}

async function write(
  folder: string,
  model: Model,
  again: { config: object; note: string; read: ReadConfig },
): Promise<void> {
  const plan = await planGenerated(model, '.js');
  const reversed = modelOf(
    again.read,
    stringify(again.config, { sortMapEntries: isOrdered(again.config), ...PLAIN }),
    again.note,
  );
  const second = await planGenerated(reversed, '.js');
  expect([...second], again.note).to.deep.equal([...plan]);
  const all = [
    ...plan,
    ...planHandlers(model, '.js'),
    ['handlers/errors.ts', ERRORS],
    ['jobs.yaml', stringify(again.config, PLAIN)],
  ] as const;
  for (const [path, text] of all) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Parameters stand in an order that means something; without services every order will do. */
function isOrdered(config: object): boolean {
  return !('services' in config);
}

/** An empty project that sees this one as an installed package, as strict as ours. */
function project(name: string): string {
  const root = scratchFolder(name);
  mkdirSync(join(root, 'node_modules'));
  symlinkSync(ROOT, join(root, 'node_modules/dal-job'));
  symlinkSync(join(ROOT, 'node_modules/@types'), join(root, 'node_modules/@types'));
  symlinkSync(join(ROOT, 'node_modules/sequelize'), join(root, 'node_modules/sequelize'));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'wrong.ts'), "export const wrong: number = 'x';\n");
  const compilerOptions = { types: ['node'], noImplicitReturns: true, isolatedModules: true };
  writeFileSync(
    join(root, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions,
      include: ['wrong.ts', 'm*/**/*.ts'],
      exclude: [],
    }),
  );
  return root;
}

/** Shows that the compiler looked. */
const KNOWN_WRONG = /^wrong\.ts\(1,14\): error TS2322: .*\n/m;

function typeCheck(root: string): string {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', root, '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(stdout).to.match(KNOWN_WRONG);
  return stdout + stderr;
}

/** What tsc said, with the jobs.yaml of the first file it named. */
function shown(root: string, said: string): string {
  const [folder] = /^m\d+/m.exec(said) ?? [];
  const yaml = folder === undefined ? '' : readFileSync(join(root, folder, 'jobs.yaml'), 'utf8');
  return `${said.slice(0, 3_000)}\n${yaml}`;
}
