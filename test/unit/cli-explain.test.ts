// `dal-job explain` and `dal-job schema`: they say what the tables and the file say, wherever they are asked.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { explanations } from '../../cli/explain.js';
import { GENERATOR_CODES } from '../../generator/codes.js';
import { ERROR_CODES } from '../../runtime/errors.js';
import { dalJob, makeProject } from '../support/cli.js';
import { ROOT } from '../support/docs.js';

describe('dal-job explain', function () {
  this.timeout(60_000);
  let root = '';
  before(() => {
    root = makeProject('explain', {});
  });

  it('tells of one code, however it is written', async () => {
    for (const asked of ['DJ1003', 'dj1003', '1003']) {
      const { code, out, err } = await dalJob(root, ['explain', asked]);
      expect([code, err]).to.deep.equal([0, '']);
      expect(out).to.match(/^DJ1003 error: unknown key\n\nThe key means nothing here, [^\n]+\n$/);
    }
  });

  it("tells of the runtime's codes, in lines that fit a terminal", async () => {
    const { code, out } = await dalJob(root, ['explain', 'DJ2001']);
    expect(code).to.equal(0);
    expect(out).to.match(/^DJ2001 error: The database URL is missing or cannot be read\n\nGive `mysql:/);
    for (const line of out.split('\n')) expect(line.length).to.be.at.most(100);
  });

  it('lists every code in its order without one', async () => {
    const { out } = await dalJob(root, ['explain']);
    const listed = out
      .trim()
      .split('\n')
      .map((line) => line.slice(0, 6));
    expect(listed).to.deep.equal([...Object.keys(GENERATOR_CODES), ...Object.keys(ERROR_CODES)].sort());
    expect(JSON.parse((await dalJob(root, ['explain', '--json'])).out)).to.deep.equal(await explanations());
  });

  it('refuses a code that there is not', async () => {
    const { code, out, err } = await dalJob(root, ['explain', 'DJ9999']);
    expect([code, out]).to.deep.equal([64, '']);
    expect(err).to.include('there is no code DJ9999');
  });

  it('has something to say of every code', async () => {
    for (const { code, title, advice } of await explanations()) {
      expect(title, code).to.match(/\w/);
      expect(advice, code).to.match(/\w[\s\S]*[.?]/);
    }
  });
});

describe('dal-job schema', function () {
  this.timeout(60_000);

  it('prints the schema of jobs.yaml, or where it is', async () => {
    const root = makeProject('schema', {});
    const text = readFileSync(join(ROOT, 'jobs.schema.json'), 'utf8');
    expect(await dalJob(root, ['schema'])).to.deep.equal({ code: 0, out: text, err: '' });
    const { out } = await dalJob(root, ['schema', '--path']);
    expect(readFileSync(out.trim(), 'utf8')).to.equal(text);
  });
});
