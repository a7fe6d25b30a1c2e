// What a run would do, without doing it; and what --check alone tells.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { generate } from '../../../generator/index.js';
import { filesBelow } from '../../../generator/write.js';
import { makeProject } from '../../support/cli.js';

const YAML = 'version: 1\napp: shop\njobs: { one: { cron: "* * * * *" }, two: { cron: "@daily" } }\n';

const project = (name: string) => makeProject(`dry-${name}`, { 'jobs.yaml': YAML });

describe('a dry run', () => {
  it('tells every file that would change, with its text, and writes none', async () => {
    const root = project('all');
    const report = await generate({ root, dryRun: true });
    expect(report.exitCode).to.equal(0);
    expect(filesBelow(root, 'generated')).to.deep.equal([]);
    expect(filesBelow(root, 'handlers')).to.deep.equal([]);
    expect(filesBelow(root, 'node_modules')).to.deep.equal([]);
    const told = report.changes;
    const real = (await generate({ root })).changes;
    expect(told).to.deep.equal(real);
    for (const { path } of told) expect(report.newTextOf(path)).to.equal(readFileSync(join(root, path), 'utf8'));
  });

  it('has nothing to tell after a run', async () => {
    const root = project('none');
    await generate({ root });
    expect((await generate({ root, dryRun: true })).changes).to.deep.equal([]);
  });
});

describe('handlers that nobody has written', () => {
  it('are told by a check, at the line that throws, and stop nothing', async () => {
    const root = project('unfilled');
    const { findings } = await generate({ root });
    expect(findings).to.deep.equal([]);
    const check = await generate({ root, check: true });
    expect(check.exitCode).to.equal(0);
    expect(check.findings.map(({ code, file, line, column }) => [code, file, line, column])).to.deep.equal([
      ['DJ1208', 'handlers/jobs/one.ts', 8, 3],
      ['DJ1208', 'handlers/jobs/two.ts', 8, 3],
    ]);
  });

  it('are no longer told when they are', async () => {
    const root = project('filled');
    await generate({ root });
    const path = join(root, 'handlers/jobs/one.ts');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('throw new', "// throw new NotImplementedError('one');\n  void new"));
    const check = await generate({ root, check: true });
    expect(check.findings.map(({ file }) => file)).to.deep.equal(['handlers/jobs/two.ts']);
  });
});
