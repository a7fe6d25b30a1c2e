// The front half as a whole, and what it promises its neighbours: the schema's help, fresh types, speed, no ts-morph.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { expect } from 'chai';
import { FORMATS } from '../../../generator/check/formats.js';
import { shortestIntervalMs } from '../../../generator/check/interval.js';
import { formatDuration, parseDurationMs, suggestDuration } from '../../../generator/duration.js';
import { readConfig } from '../../../generator/read.js';
import { suggest } from '../../../generator/suggest.js';
import { parseCron } from '../../../runtime/schedule/cron.js';
import { configTypes } from '../../../scripts/config-types.js';

const schema = JSON.parse(readFileSync(new URL('../../../jobs.schema.json', import.meta.url), 'utf8'));

describe('jobs.schema.json', () => {
  type Node = Record<string, unknown>;
  const each = (node: unknown, visit: (node: Node, at: string) => void, at = '#'): void => {
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    visit(node as Node, at);
    for (const [key, child] of Object.entries(node))
      if (key !== 'examples' && key !== 'default') each(child, visit, `${at}/${key}`);
  };

  it('explains every key, with examples', () => {
    const bare: string[] = [];
    each(schema, (node, at) => {
      for (const [key, property] of /(?<!\/properties)\/properties$/.test(at)
        ? Object.entries(node as Record<string, Node>)
        : []) {
        if (typeof property.description !== 'string' || !Array.isArray(property.examples)) bare.push(`${at}/${key}`);
      }
    });
    expect(bare).to.deep.equal([]);
  });

  it('lets no map have keys that it does not name, but for maps of names', () => {
    const open: string[] = [];
    each(schema, (node, at) => {
      const isMap = [node.type].flat().includes('object') && typeof node.type !== 'undefined';
      if (isMap && node.additionalProperties === undefined && node.then === undefined && !at.endsWith('/if'))
        open.push(at);
    });
    expect(open).to.deep.equal([]);
  });

  it('holds defaults and examples that fit themselves', async () => {
    const { Ajv } = await import('ajv');
    const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
    ajv.addKeyword('patternErrorMessage');
    ajv.addSchema(schema, 'jobs');
    const wrong: string[] = [];
    each(schema, (node, at) => {
      if (at.endsWith('/properties') || at.endsWith('/definitions')) return;
      const values = [
        ...((node.examples as unknown[] | undefined) ?? []),
        ...(node.default === undefined ? [] : [node.default]),
      ];
      for (const value of values) if (!ajv.validate(`jobs${at}`, value)) wrong.push(`${at}: ${JSON.stringify(value)}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('is what config.gen.ts was made from', async () => {
    const committed = readFileSync(new URL('../../../generator/config.gen.ts', import.meta.url), 'utf8');
    expect(await configTypes(), 'run scripts/config-types.ts').to.equal(committed);
  });
});

describe('reading jobs.yaml', () => {
  it('gives the config as it is written when there is no error, warnings or not', () => {
    const { config, problems } = readConfig({
      file: 'jobs.yaml',
      text: 'version: 1\napp: shop\njobs:\n  a: { cron: "* * * * *", timeout: 2m }\n',
    });
    expect(config).to.deep.equal({ version: 1, app: 'shop', jobs: { a: { cron: '* * * * *', timeout: '2m' } } });
    expect(problems.map(({ severity, line, column, length }) => ({ severity, line, column, length }))).to.deep.equal([
      { severity: 'warning', line: 4, column: 36, length: 2 },
    ]);
  });

  it('tells mistakes of the YAML, of the schema and of the meaning together', () => {
    const text =
      'version: 1\napp: shop\napp: shop\njobs:\n  a: { cron: "61 * * * *", timout: 5s }\n  b: { retry: { for: [Nope] } }\n';
    const { config, problems } = readConfig({ file: 'jobs.yaml', text });
    expect(config).to.equal(null);
    expect(problems.map((problem) => problem.code)).to.deep.equal(['DJ1013', 'DJ1030', 'DJ1003', 'DJ1034']);
  });

  it('tells a mistake in a shared anchor once', () => {
    const text =
      'version: 1\napp: shop\njobs:\n  a: { retry: &r { maxRetries: -1 } }\n  b: { retry: *r }\n  c: { retry: *r }\n';
    expect(readConfig({ file: 'jobs.yaml', text }).problems).to.have.length(1);
  });

  it('reads a thousand jobs in a time that grows no faster than they do', () => {
    const timeMs = (jobs: number): number => {
      const text = `version: 1\napp: shop\njobs:\n${Array.from({ length: jobs }, (_, index) => `  job${index}: { cron: "${index % 60} 3 * * *", timeout: 50s, retry: { maxRetries: 2 } }\n`).join('')}`;
      const started = process.cpuUsage();
      expect(readConfig({ file: 'jobs.yaml', text }).problems).to.deep.equal([]);
      return process.cpuUsage(started).user / 1_000;
    };
    timeMs(200);
    const small = Math.min(timeMs(500), timeMs(500));
    const large = Math.min(timeMs(2_000), timeMs(2_000));
    expect(large).to.be.below(small * 4 * 2 + 100);
  });

  it('never loads ts-morph, the compiler or a database driver', () => {
    const code = `
      import { readConfig } from '${new URL('../../../generator/read.ts', import.meta.url).href}';
      import { createRequire } from 'node:module';
      readConfig({ text: 'version: 1', file: 'a' });
      const loaded = Object.keys(createRequire(import.meta.url).cache).join('\\n');
      const heavy = ['ts-morph', '/typescript/', 'json-schema-to-typescript', 'sequelize', 'mysql2', 'libsql'];
      console.log(JSON.stringify({ heavy: heavy.filter((name) => loaded.includes('node_modules/' + name.replaceAll('/', '') + '/')), ajv: loaded.includes('node_modules/ajv/') }));`;
    const run = spawnSync(
      process.execPath,
      ['--conditions=dal-job-source', '--import', 'tsx', '--input-type=module', '-e', code],
      { encoding: 'utf8' },
    );
    expect(JSON.parse(run.stdout), run.stderr).to.deep.equal({ heavy: [], ajv: true });
  });
});

describe('durations', () => {
  it('reads one whole number and one unit, and nothing else', () => {
    expect(['500ms', '30s', '10m', '1h', '1d', '0s'].map(parseDurationMs)).to.deep.equal([
      500, 30_000, 600_000, 3_600_000, 86_400_000, 0,
    ]);
    for (const text of ['', '5', 's', '1h30m', '1.5h', '-5s', '5 s', '5S', '5s ', '99999999999999999d'])
      expect(parseDurationMs(text), text).to.equal(null);
  });

  it('names the right spelling of what people write instead', () => {
    const pairs = {
      '1h30m': '90m',
      '90 sec': '90s',
      '1.5h': '90m',
      '2 hours': '2h',
      '1d 12h': '36h',
      '5S': '5s',
      '5min': '5m',
      '100 millis': '100ms',
    };
    for (const [text, right] of Object.entries(pairs)) expect(suggestDuration(text), text).to.equal(right);
    for (const text of ['', 'soon', '5', '5 parsecs', '5s later']) expect(suggestDuration(text), text).to.equal(null);
  });

  it('writes the greatest unit that is exact', () => {
    expect([0, 1, 1_500, 60_000, 90_000, 5_400_000, 172_800_000].map(formatDuration)).to.deep.equal([
      '0s',
      '1ms',
      '1500ms',
      '1m',
      '90s',
      '90m',
      '2d',
    ]);
  });
});

describe('the shortest interval of a schedule', () => {
  const cases: Record<string, number> = {
    '* * * * * *': 1,
    '*/10 * * * * *': 10,
    '0 * * * * *': 60,
    '*/7 * * * *': 240,
    '0 * * * *': 3_600,
    '0 0,23 * * *': 3_600,
    '0 3 * * *': 86_400,
    '0 3 * * MON': 604_800,
    '0 3 * * MON,THU': 3 * 86_400,
    '0 3 1 * *': 28 * 86_400,
    '30 59 23 * * *': 86_400,
    '0,59 * * * * *': 1,
    '0 0 3 L * ?': 28 * 86_400,
  };
  for (const [cron, seconds] of Object.entries(cases)) {
    it(`of ${cron} is ${seconds} s`, () => expect(shortestIntervalMs(parseCron(cron))).to.equal(seconds * 1_000));
  }

  it('of a single fire is infinite', () => {
    expect(shortestIntervalMs(parseCron('0 0 3 1 1 ? 2030'))).to.equal(Number.POSITIVE_INFINITY);
  });
});

describe('small helpers of the front half', () => {
  it('offers near words only', () => {
    const known = ['timeout', 'timezone', 'retry', 'desc', 'cron'];
    expect(['timout', 'timezon', 'retyr', 'description', 'Cron'].map((word) => suggest(word, known))).to.deep.equal([
      'timeout',
      'timezone',
      'retry',
      undefined,
      'cron',
    ]);
    expect(suggest('schedule', known)).to.equal(undefined);
    expect(suggest('x'.repeat(10_000), known)).to.equal(undefined);
  });

  it('knows the formats that validators know', () => {
    expect([...FORMATS]).to.deep.equal(Object.keys(fullFormats).sort());
  });
});
