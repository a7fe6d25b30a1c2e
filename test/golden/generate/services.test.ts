// Services, generated: the example of the design and every form a service can have. That they type-check, and what tsc
// refuses of their use, is tested with the thirty jobs, in one run of tsc.
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { generate } from '../../../generator/index.js';
import { filesOf, goldenFiles, project, yamlOf } from './project.js';

/** The keys of a map the other way round, at every depth but that of parameters. */
function reversed(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => reversed(item));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([name, item]) => [name, reversed(item, name)] as const);
  return Object.fromEntries(key === 'params' ? entries : entries.reverse());
}

for (const [name, what] of [
  ['shop', 'the example of the design'],
  ['services', 'every form of a service'],
] as const) {
  describe(`${what}, generated`, () => {
    let golden: Record<string, string>;

    before(async () => {
      golden = await goldenFiles(name);
    });

    it('is the golden files, byte for byte', async () => {
      const root = project(name, { folder: `golden-${name}` });
      const report = await generate({ root });
      expect(report.findings).to.deep.equal([]);
      expect(filesOf(root)).to.deep.equal(golden);
    });

    it('is the same whatever the order of keys, but for the order of parameters and members', async () => {
      const root = project(name, { folder: `golden-${name}-reversed`, yaml: stringify(reversed(parse(yamlOf(name)))) });
      await generate({ root });
      expect(filesOf(root)).to.deep.equal(golden);
    });
  });
}

describe('the order of parameters', () => {
  it('is the order of jobs.yaml, and another order is another configHash', async () => {
    const yaml = 'version: 1\napp: a\nservices: { s: { methods: { m: { params: { PARAMS } } } } }\n';
    const texts = ['b: {}, a: {}', 'a: {}, b: {}'].map(async (params, index) => {
      const root = project('shop', { folder: `order-${index}`, yaml: yaml.replace('PARAMS', params) });
      return { hash: (await generate({ root })).modelHash, contracts: filesOf(root)['generated/contracts.ts'] };
    });
    const [first, second] = await Promise.all(texts);
    expect(first?.contracts).to.include('m: (b: unknown, a: unknown) => Promise<void>');
    expect(second?.contracts).to.include('m: (a: unknown, b: unknown) => Promise<void>');
    expect(first?.hash).to.not.equal(second?.hash);
  });
});
