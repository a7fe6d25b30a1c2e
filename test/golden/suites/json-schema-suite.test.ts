// Types and validators agree, over the draft-07 part of the JSON Schema test suite: every instance that is valid validates
// and type-checks, every other one is refused; and whatever validates type-checks, also where objects are closed as
// jobs.yaml closes them. One config, one module of validators and one run of tsc for all of it.
// The suite means open objects, so that its schemas get the `additionalProperties: true` which jobs.yaml asks for.
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { buildModel } from '../../../generator/build.js';
import type { JobsConfig } from '../../../generator/config.gen.js';
import { literal } from '../../../generator/emit/print.js';
import { typeDeclarations } from '../../../generator/emit/types.js';
import { validatorsText } from '../../../generator/emit/validators.js';
import { scratchFolder } from '../../support/scratch.js';
import { needs, sharedData } from '../../support/shared-data.js';
import { excused, FAULTS, REFUSED } from './json-schema-exceptions.js';
import { type Group, groupsOf, jobsYamlSays, type Typed, typesOf } from './json-schema-groups.js';

const SUITE = sharedData('json-schema-test-suite/draft7');
const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

type Validators = Readonly<Record<string, (data: unknown) => boolean>>;

interface Instance {
  readonly name: string;
  readonly type: string;
  readonly data: unknown;
  readonly valid: boolean;
  readonly accepted: boolean;
  /** The suite's own meaning, without our closing. */
  readonly open: boolean;
}

/** Generated types and validators of all groups, on disk, where imports of the package are found. */
async function generated(types: readonly Typed[]): Promise<{ folder: string; validators: Validators }> {
  const folder = scratchFolder('json-schema-suite');
  const methods = Object.fromEntries(
    types.map(({ name }) => [`m${name}`, { params: { value: { $ref: `#/types/${name}` } } }]),
  );
  const schemas = Object.assign({}, ...types.map(({ own }) => own)) as object;
  const config = { version: 1, app: 'suite', types: schemas, services: { suite: { methods } } };
  const model = buildModel(config as unknown as JobsConfig);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(REPOSITORY, join(folder, 'node_modules/dal-job'), 'dir');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'types.ts'), await typeDeclarations(model));
  const file = join(folder, 'validators.ts');
  writeFileSync(file, `// @ts-nocheck\n${validatorsText(model)}`);
  return { folder, validators: (await import(pathToFileURL(file).href)) as Validators };
}

function instancesOf({ group, name, open }: Typed, validators: Validators): Instance[] {
  const validate = validators[`validate_suite_m${name}`]!;
  return group.tests.map(({ description, data, valid }) => {
    const title = `${group.file}: ${group.description}: ${description}`;
    return { name: title, type: name, data, valid, accepted: validate([data]), open };
  });
}

/** Names of the instances whose value tsc does not take for their type. */
function typeFaults(folder: string, instances: readonly Instance[]): string[] {
  const names = [...new Set(instances.map(({ type }) => type))];
  const lines = instances.map(({ type, data }, index) => `export const v${index}: ${type} = ${literal(data)};`);
  const head = `import type { ${names.join(', ')} } from './types.js';`;
  writeFileSync(join(folder, 'values.ts'), `${[head, ...lines].join('\n')}\n`);
  const config = {
    extends: join(REPOSITORY, 'tsconfig.json'),
    include: ['types.ts', 'values.ts'],
    exclude: [],
    compilerOptions: { types: [] },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
  const errors = stdout.split('\n').filter((line) => / error TS/.test(line));
  return errors.map((line) => {
    const at = /values\.ts\((\d+),/.exec(line)?.[1];
    return at === undefined ? line : (instances[Number(at) - 2]?.name ?? line);
  });
}

describe('types and validators, over the JSON Schema test suite', function () {
  this.timeout(120_000);
  let groups: Group[];
  let refused: Group[];
  let instances: Instance[];
  let untyped: string[];

  before(async function () {
    needs(this, SUITE);
    groups = groupsOf(SUITE);
    refused = groups.filter((group) => jobsYamlSays(group).length > 0);
    const types = groups.filter((group) => !refused.includes(group)).flatMap(typesOf);
    const { folder, validators } = await generated(types);
    instances = types.flatMap((type) => instancesOf(type, validators));
    untyped = typeFaults(
      folder,
      instances.filter(({ open, valid, accepted }) => accepted || (open && valid)),
    );
  });

  it('take every schema that jobs.yaml takes; the others are refused for these reasons', () => {
    expect(groups.length).to.be.greaterThan(250);
    const codes = new Set(refused.flatMap(jobsYamlSays));
    expect([...codes].sort()).to.deep.equal(Object.keys(REFUSED).sort());
  });

  it('validate what is valid and nothing else', () => {
    const open = instances.filter((instance) => instance.open);
    expect(open.length).to.be.greaterThan(900);
    const faults = open.filter(({ valid, accepted }) => valid !== accepted).map(({ name }) => name);
    expect(faults.filter((name) => excused(name) === undefined)).to.deep.equal([]);
  });

  it('type-check what is valid, and whatever else validates', () => {
    expect(untyped.filter((name) => excused(name)?.types !== true)).to.deep.equal([]);
  });

  it('differ from the suite in every exception that is listed', () => {
    const faults = instances.filter(({ open, valid, accepted }) => open && valid !== accepted);
    const used = new Set(faults.map(({ name }) => excused(name)));
    expect(FAULTS.filter((fault) => !used.has(fault)).map(({ where }) => String(where))).to.deep.equal([]);
  });
});
