// What `dal-job start` warns of before it starts: handlers that are stubs still, wherever jobs.yaml places them.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { unfilledHandlers } from '../../cli/fit.js';
import type { Project } from '../../cli/project.js';
import { generate } from '../../generator/index.js';
import type { AnyRegistry } from '../../runtime/types.js';
import { makeProject } from '../support/cli.js';

const JOBS = ['own', 'placed', 'moved', 'shared'];
const YAML = `version: 1
app: shop
jobs:
  own: {}
  filled: {}
  placed: { handler: ./src/placed.mts }
  moved: { handler: ./src/moved.ts }
  shared: { handler: ./src/all.ts#run }
`;
const stub = (name: string, job = name): string => `import { NotImplementedError } from 'dal-job';
export const ${name} = async () => {
  throw new NotImplementedError('${job}');
};
`;
const FILES = {
  'jobs.yaml': YAML,
  'handlers/jobs/filled.ts': 'export const filled = async () => {};\n',
  'handlers/jobs/moved.ts': `export const note = 1;\n${stub('moved')}`,
  'src/moved.ts': 'export const moved = async () => {};\n',
  'src/placed.mts': stub('placed'),
  'src/all.ts': stub('run', 'shared'),
};

describe('handlers that are not filled in', () => {
  it('are found where their jobs have them', async () => {
    const root = makeProject('cli-fit', FILES);
    await generate({ root });
    const generated = join(root, 'generated');
    const url = pathToFileURL(join(generated, 'registry.ts')).href;
    const { registry } = (await import(url)) as { registry: AnyRegistry };
    const project = { root, generated, extension: '.ts', registry } as Project;
    expect(Object.keys(registry.jobs)).to.include.members(JOBS);
    expect([...unfilledHandlers(project)].sort()).to.deep.equal([
      'handlers/jobs/own.ts',
      'src/all.ts',
      'src/placed.mts',
    ]);
  });

  it('are found by what compilers make of the import, and not told where nothing can be seen', () => {
    const root = makeProject('cli-fit-compiled', {
      'dist/handlers/jobs/own.js': `exports.own = async () => { throw new dal.NotImplementedError("own"); };`,
    });
    const loads = {
      own: () => Promise.resolve().then(() => __importStar(require('../handlers/jobs/own'))),
      bundled: () => Promise.resolve().then(() => chunk),
    };
    const jobs = Object.fromEntries(Object.entries(loads).map(([name, load]) => [name, { load }]));
    const project = { root, generated: join(root, 'dist/generated'), extension: '.js', registry: { jobs } };
    expect(unfilledHandlers(project as unknown as Project)).to.deep.equal(['dist/handlers/jobs/own.js']);
  });
});

declare const __importStar: (module: unknown) => unknown;
declare const chunk: unknown;
