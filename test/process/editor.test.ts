// What somebody sees who edits jobs.yaml: the language server of most editors, given our schema, completes keys, explains them,
// and finds the same mistakes at the same places as `gen` does. What only `gen` can know (cron, references) is left out.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { readConfig } from '../../generator/read.js';
import { ROOT } from '../support/docs.js';
import { LanguageServer, type Place } from '../support/language-server.js';

/** In the project's root, so that `$schema=./jobs.schema.json` leads to our schema. */
const JOBS = pathToFileURL(join(ROOT, 'jobs.yaml')).href;
const SCHEMA = pathToFileURL(join(ROOT, 'jobs.schema.json')).href;
const GOLDEN = join(ROOT, 'test/golden/diagnostics');

/** Golden cases whose every mistake a schema can see. */
const CASES = [
  'unknown-key',
  'missing-key',
  'not-allowed-value',
  'wrong-form',
  'names',
  'version',
  'wrong-kind',
  'out-of-range',
];
/** The same mistake, shown elsewhere on its line: a value that is not there has no place, a list is not its second item. */
const ELSEWHERE: Readonly<Record<string, string>> = { 'wrong-kind 11:9': '11:3', 'out-of-range 7:19': '7:27' };

describe('an editor with yaml-language-server', function () {
  this.timeout(60_000);
  let server: LanguageServer;
  before(async () => {
    server = await new LanguageServer({ [SCHEMA]: 'golden-*.yaml' }).start();
  });
  after(() => server.stop());

  it('finds nothing wrong with our own jobs.yaml', async () => {
    expect(await server.open(JOBS, readFileSync(join(ROOT, 'jobs.yaml'), 'utf8'))).to.deep.equal([]);
  });

  for (const name of CASES) {
    it(`finds the mistakes of ${name} where gen finds them`, async () => {
      const text = readFileSync(join(GOLDEN, name, 'jobs.yaml'), 'utf8');
      const ours = readConfig({ text, file: name }).problems.map(({ line, column }) => `${line}:${column}`);
      const found = await server.open(`file:///golden-${name}.yaml`, text);
      const theirs = found.map(({ range }) => placeOf(name, range.start));
      expect([...new Set(theirs)].sort()).to.deep.equal([...new Set(ours)].sort());
    });
  }

  it('has the words of the schema for a wrong form', async () => {
    const text = 'version: 1\napp: shop\njobs: { one: { timeout: 1h30m } }\n';
    const [wrong] = await server.open('file:///golden-words.yaml', text);
    expect(wrong?.message).to.equal('must be a duration like 500ms, 30s, 10m, 1h or 1d');
  });

  it('completes the keys of a job, and leaves out those it has', async () => {
    const { uri, line } = await openJob('\n    ', 'completes');
    const items = await server.complete(uri, { line: line + 2, character: 4 });
    const labels = items.map(({ label }) => label);
    expect(labels).to.include.members(['timeout', 'misfire', 'retry', 'input', 'globalSingle']).and.not.include('cron');
    for (const { label, documentation } of items) expect(documentation, label).to.be.a('string').and.match(/\w{3}/);
  });

  it('completes the values a key can have', async () => {
    const { uri, line } = await openJob('\n    misfire: ', 'values');
    const items = await server.complete(uri, { line: line + 2, character: 13 });
    expect(items.map(({ label }) => label)).to.include.members(['latest', 'skip', 'all']);
  });

  it('explains every key of a job on hover', async () => {
    const { definitions } = JSON.parse(readFileSync(join(ROOT, 'jobs.schema.json'), 'utf8')) as {
      definitions: { job: { properties: Record<string, { description: string }> } };
    };
    const values = { timeout: '50s', misfire: 'skip', onLost: 'rerun', desc: 'x', overlap: 'queue', timezone: 'UTC' };
    const text = Object.entries(values).map(([key, value]) => `\n    ${key}: ${value}`);
    const { uri, line } = await openJob(text.join(''), 'hover');
    for (const [index, key] of Object.keys(values).entries()) {
      const shown = await server.hover(uri, { line: line + 2 + index, character: 6 });
      const [first = ''] = definitions.job.properties[key]?.description.split(/[`:;]/) ?? [];
      expect(shown.replaceAll('\\', '').replaceAll('&nbsp;', ' '), key).to.include(first);
    }
  });

  /** A jobs.yaml that names its schema itself, with a job that goes on like this; `line` is the job's. */
  async function openJob(rest: string, name: string): Promise<{ uri: string; line: number }> {
    const uri = pathToFileURL(join(ROOT, `${name}.yaml`)).href;
    const head = '# yaml-language-server: $schema=./jobs.schema.json\nversion: 1\napp: shop\njobs:\n';
    await server.open(uri, `${head}  one:\n    cron: "@daily"${rest}\n`);
    return { uri, line: head.split('\n').length - 1 };
  }
});

/** From 1, as gen counts. */
function placeOf(name: string, { line, character }: Place): string {
  const place = `${line + 1}:${character + 1}`;
  return ELSEWHERE[`${name} ${place}`] ?? place;
}
