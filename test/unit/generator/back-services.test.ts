// Services, generated: the user's implementation is looked at like a handler, a hash of arguments changes with what a
// stored array means and with nothing else, and secrets are found wherever a value can have them.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { argumentHasher, argumentSecrets, typesByName } from '../../../generator/arguments.js';
import { buildModel } from '../../../generator/build.js';
import { generate } from '../../../generator/index.js';
import type { Model } from '../../../generator/model.js';
import { readConfig } from '../../../generator/read.js';
import { scratchFolder } from '../../support/scratch.js';

const FILE = 'handlers/services/payment.ts';
const YAML = 'version: 1\napp: shop\nservices: { payment: { methods: { charge: {} } } }\n';

/** A project with one service. */
function project(name: string, text: string | null): string {
  const root = scratchFolder(`services-${name}`);
  mkdirSync(join(root, 'handlers/services'), { recursive: true });
  writeFileSync(join(root, 'jobs.yaml'), YAML);
  if (text !== null) writeFileSync(join(root, FILE), text);
  return root;
}

async function said(root: string, check = false): Promise<string[]> {
  const { findings } = await generate({ root, check });
  return findings.map(({ code, file, line, column, message }) => `${code} ${file}:${line}:${column} ${message}`);
}

describe('the implementation of a service', () => {
  it('is created once, and never written again', async () => {
    const root = project('once', null);
    await generate({ root });
    const stub = readFileSync(join(root, FILE), 'utf8');
    expect(stub).to.include("export const payment: Service<'payment'> = {");
    const mine = stub.replace("throw new NotImplementedError('payment.charge');", '// done');
    writeFileSync(join(root, FILE), mine);
    writeFileSync(join(root, 'jobs.yaml'), YAML.replace('charge: {}', 'charge: {}, refund: {}'));
    expect((await generate({ root })).changes.map(({ path }) => path)).to.not.include(FILE);
    expect(readFileSync(join(root, FILE), 'utf8')).to.equal(mine);
  });

  it('may be exported in any way, and is missed when it is not', async () => {
    const fine = ['export class payment {}', "export { a as payment } from './a.js';", "export * from './a.js';"];
    for (const [index, text] of fine.entries()) expect(await said(project(`fine${index}`, text))).to.deep.equal([]);
    expect(await said(project('missed', 'export const payments = {};'))).to.deep.equal([
      `DJ1201 ${FILE}:1:1 no export "payment" for the service of that name`,
    ]);
    expect(await said(project('hidden', '\nconst payment = {};'))).to.deep.equal([
      `DJ1201 ${FILE}:2:7 no export "payment" for the service of that name`,
    ]);
    expect(await said(project('broken', 'export const payment = {'))).to.deep.equal([
      `DJ1202 ${FILE}:1:25 the file cannot be parsed: '}' expected.`,
    ]);
  });

  it('is missed by a check when there is no file, and made again by the next run', async () => {
    const root = project('gone', 'export const payment = {};');
    mkdirSync(join(root, 'node_modules'));
    await generate({ root });
    rmSync(join(root, FILE));
    expect(await said(root, true)).to.deep.equal([
      `DJ1207 ${FILE}:1:1 the implementation of service "payment" is missing`,
    ]);
    expect((await generate({ root })).changes).to.deep.equal([{ kind: 'create', path: FILE }]);
  });

  it('is named when its service is gone, and helpers beside it are not', async () => {
    const root = project('orphan', 'export const payment = {};');
    const text = "export const old: Service<'old'> = {};";
    writeFileSync(join(root, 'handlers/services/old.ts'), text);
    writeFileSync(join(root, 'handlers/services/helper.ts'), "const payment: Service<'payment'> = {};");
    expect(await said(root)).to.deep.equal([
      'DJ1205 handlers/services/old.ts:1:1 the implementation "old" belongs to no service',
    ]);
    expect(readFileSync(join(root, 'handlers/services/old.ts'), 'utf8')).to.equal(text);
  });

  it('has a generated proxy that goes when the service goes', async () => {
    const root = project('proxy', 'export const payment = {};');
    await generate({ root });
    writeFileSync(join(root, 'jobs.yaml'), YAML.replace(/services:.*/, ''));
    const { changes } = await generate({ root });
    expect(changes).to.deep.include({ kind: 'delete', path: 'generated/services/payment.ts' });
  });
});

type Json = Readonly<Record<string, unknown>>;

/** The model of one method `s.m`. @throws when jobs.yaml is refused */
function modelOf(params: Json, types: Json = {}, retry: Json | null = null): Model {
  const method = { params, ...(retry === null ? {} : { retry }) };
  const text = stringify({ version: 1, app: 'a', services: { s: { methods: { m: method } } }, types });
  const { config, problems } = readConfig({ text, file: 'jobs.yaml' });
  if (config === null) throw new Error(problems.map(({ message }) => message).join());
  return buildModel(config);
}

function hashOf(params: Json, types: Json = {}): string {
  const model = modelOf(params, types);
  const [service] = model.services;
  return argumentHasher(model)(service!, service!.methods[0]!);
}

describe('the hash of arguments', () => {
  const order = { type: 'object', required: ['id', 'no'], properties: { id: { type: 'integer' }, no: {} } };
  const types = { Order: order, Other: { type: 'string' } };
  const params = { order: { $ref: '#/types/Order' }, text: { type: 'string' } };
  const same = hashOf(params, types);

  it('stays when only words, names, orders of keys or types of others change', () => {
    const words = { ...order, description: 'x', properties: { no: {}, id: { type: 'integer', description: 'y' } } };
    expect(hashOf(params, { Order: words, Other: { type: 'integer' } })).to.equal(same);
    expect(hashOf(params, { Order: { ...order, required: ['no', 'id'] } })).to.equal(same);
    expect(hashOf({ o: params.order, t: { ...params.text, title: 'T' } }, types)).to.equal(same);
  });

  it('changes with every shape, order, option and secret', () => {
    const property = (id: Json) => ({ Order: { ...order, properties: { ...order.properties, id } } });
    const others = [
      hashOf({ text: params.text, order: params.order }, types),
      hashOf({ ...params, text: { type: 'string', optional: true } }, types),
      hashOf({ ...params, more: { type: 'string', optional: true } }, types),
      hashOf({ ...params, text: { type: 'string', secret: true } }, types),
      hashOf(params, property({ type: 'string' })),
      hashOf(params, property({ type: 'integer', secret: true })),
      hashOf(params, { Order: { ...order, additionalProperties: true } }),
      hashOf(params, { Order: { ...order, required: ['id'] } }),
      hashOf({ ...params, text: { enum: ['a', 'b'] } }, types),
      hashOf({ ...params, text: { enum: ['b', 'a'], type: 'string' } }, types),
    ];
    expect(new Set([same, ...others]).size).to.equal(others.length + 1);
  });

  it('knows a property called description from a description', () => {
    const of = (type: string) => ({ T: { type: 'object', properties: { description: { type } } } });
    expect(hashOf({ a: { $ref: '#/types/T' } }, of('string'))).to.not.equal(
      hashOf({ a: { $ref: '#/types/T' } }, of('integer')),
    );
  });
});

describe('the secrets of arguments', () => {
  function secretsOf(params: Json, types: Json = {}): string[] {
    const model = modelOf(params, types);
    return argumentSecrets(model.services[0]!.methods[0]!, typesByName(model)).map((path) => path.join('.'));
  }
  const secret = { type: 'string', secret: true };

  it('are found in objects, lists, maps, alternatives and behind references', () => {
    const types = {
      Card: { type: 'object', properties: { number: secret, holder: { type: 'string' } } },
      Pin: secret,
      Alias: { $ref: '#/types/Card' },
    };
    const part = (schema: Json) => ({ type: 'object', properties: { x: schema } });
    const found: readonly (readonly [schema: Json, ...paths: string[]])[] = [
      [{ type: 'string' }],
      [{ ...secret, secret: false }],
      [secret, '0'],
      [{ $ref: '#/types/Card' }, '0.number'],
      [{ $ref: '#/types/Alias' }, '0.number'],
      [{ $ref: '#/types/Alias', secret: true }, '0'],
      [{ $ref: '#/types/Pin' }, '0'],
      [{ $ref: '#/types/Card/properties/number' }, '0'],
      [{ type: 'array', items: { $ref: '#/types/Card' } }, '0.*.number'],
      [{ type: 'array', items: [{}, secret], additionalItems: secret }, '0.*', '0.1'],
      [{ type: 'object', additionalProperties: { $ref: '#/types/Pin' } }, '0.*'],
      [{ type: 'object', patternProperties: { '^p': part(secret) } }, '0.*.x'],
      [{ anyOf: [{ type: 'null' }, { $ref: '#/types/Card' }, part(secret)] }, '0.number', '0.x'],
      [{ allOf: [{ $ref: '#/types/Card' }, part({ $ref: '#/types/Card' })] }, '0.number', '0.x.number'],
      [{ oneOf: [part(secret), part(secret)] }, '0.x'],
      [
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        { type: 'object', if: part({ const: 1 }), then: part(secret), else: { properties: { y: secret } } },
        '0.x',
        '0.y',
      ],
      [{ type: 'object', dependencies: { a: part(secret), b: ['a'] } }, '0.x'],
      [part(part({ type: 'array', items: { type: 'array', items: secret } })), '0.x.x.*.*'],
    ];
    for (const [schema, ...paths] of found) {
      expect(secretsOf({ a: schema }, types), JSON.stringify(schema)).to.have.members(paths);
    }
  });

  it('are told by the place of their parameter, and not looked for in a type that repeats without any', () => {
    const Tree = { type: 'object', properties: { kids: { type: 'array', items: { $ref: '#/types/Tree' } } } };
    const params = { a: { $ref: '#/types/Tree' }, b: secret, c: { $ref: '#/types/Tree', secret: true } };
    expect(secretsOf(params, { Tree })).to.deep.equal(['1', '2']);
  });

  it('inside a type that contains itself are refused', () => {
    const Tree = { type: 'object', properties: { word: secret, kid: { $ref: '#/types/Tree' } } };
    expect(() => secretsOf({ a: { $ref: '#/types/Tree' } }, { Tree })).to.throw(/inside a type that contains itself/);
  });
});

describe('the retry of a method', () => {
  it('has every default that the documentation names', () => {
    const retryOf = (retry: Json) => modelOf({ id: { type: 'string' } }, {}, retry).services[0]!.methods[0]!.retry;
    const defaults = {
      for: ['BizRetryNeedError'],
      maxRetries: 3,
      backoff: { type: 'exponential', delayMs: 5_000, maxMs: 600_000, jitter: 0.2 },
      keep: { succeededMs: 86_400_000, deadMs: null },
      concurrency: 16,
      upcast: false,
      key: null,
    };
    expect(retryOf({ mode: 'beforehand' })).to.deep.equal({ ...defaults, mode: 'beforehand', onCrash: 'hold' });
    expect(retryOf({ mode: 'afterward' })).to.deep.equal({ ...defaults, mode: 'afterward', onCrash: 'retry' });
    expect(retryOf({ mode: 'afterward', key: 'id' })?.key).to.deep.equal([0]);
  });
});

describe('the longest wait between attempts', () => {
  const maxesOf = (backoff: Json) => {
    const config = { version: 1, app: 'shop', jobs: { close: { retry: { backoff } } } } as const;
    const ofMethod = modelOf({}, {}, { mode: 'beforehand', backoff }).services[0]?.methods[0]?.retry;
    return [buildModel(config).jobs[0]?.definition.retry?.backoff.maxMs, ofMethod?.backoff.maxMs];
  };

  it('is ten minutes or the first wait, whichever is longer, if none is written, for jobs and services alike', () => {
    expect(maxesOf({ type: 'fixed', delay: '1h' })).to.deep.equal([3_600_000, 3_600_000]);
    expect(maxesOf({ delay: '9m' })).to.deep.equal([600_000, 600_000]);
    expect(maxesOf({ delay: '1m', max: '2m' })).to.deep.equal([120_000, 120_000]);
  });
});
