// A project whose generated files cannot be used: what a command says.
import { expect } from 'chai';
import { dalJob, makeProject } from '../support/cli.js';

describe('a command in a project', () => {
  it('without jobs.yaml and generated files names the command that begins one', async () => {
    const root = makeProject('load-nothing', {});
    const { code, err } = await dalJob(root, ['status']);
    expect(code).to.equal(1);
    expect(err).to.match(
      /^dal-job: error DJ2007 There is no jobs\.yaml and no generated\/ in .*: npx dal-job init begins a project\.\n$/,
    );
    expect((await dalJob(root, ['gen'])).err).to.equal(
      'dal-job: error DJ1291 there is no jobs.yaml here or in a folder above; npx dal-job init makes one\n',
    );
  });

  it('with a file that cannot be parsed says where and why', async () => {
    const root = makeProject('load-broken', {
      'package.json': '{ "type": "module" }',
      'jobs.yaml': 'version: 1\napp: x\n',
      'generated/registry.ts': 'export const registry = {\n',
    });
    const { err } = await dalJob(root, ['status']);
    expect(err).to.match(
      /^dal-job: error DJ2007 .*registry\.ts:2:0: ERROR: .*end of file\. If it is not your own code/,
    );
  });

  it('answers wrong options with the help of that command', async () => {
    const { code, err } = await dalJob(makeProject('load-usage', {}), ['gen', '--foo']);
    expect(code).to.equal(64);
    expect(err).to.equal("error: unknown option '--foo'\n(dal-job gen --help shows what there is)\n");
  });
});
