// The documentation says what the code says: made parts are fresh, links lead somewhere, tables name what there is.
// (What its code blocks do is tested where it can run: test/db/docs-sql.test.ts, test/process/docs.test.ts.)
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect } from 'chai';
import { ts } from 'ts-morph';
import { parse, stringify } from 'yaml';
import { GENERATOR_CODES } from '../../generator/codes.js';
import { formatProblems } from '../../generator/diagnostics.js';
import { readConfig } from '../../generator/read.js';
import { ERROR_CODES } from '../../runtime/errors.js';
import { madeDocs } from '../../scripts/docs.js';
import { anchors, codeBlocks, firstCells, links, ROOT, readPage, runnable } from '../support/docs.js';
import { readSources } from '../support/sources.js';

const LANGUAGES = ['sh', 'ts', 'yaml', 'sql', 'text', 'dockerfile'];
/** In the table for completeness; events carry such errors as they are. */
const NEVER_THROWN = ['DJ5001'];

describe('The documentation', () => {
  it('has its made parts as `npm run docs` makes them', async () => {
    for (const [path, text] of await madeDocs()) expect(readPage(path), `${path}: run npm run docs`).to.equal(text);
  }).timeout(60_000);

  it('has no link that leads nowhere', () => {
    const dead = links().filter(({ file, target }) => !leadsSomewhere(file, target));
    expect(dead.map(({ place, target }) => `${place} ${target}`)).to.deep.equal([]);
  });

  it('marks every code block that no test runs with the reason', () => {
    const odd = codeBlocks().filter(({ language }) => !LANGUAGES.includes(language));
    expect(odd.map(({ place, language }) => `${place} is in "${language}"`)).to.deep.equal([]);
    const silent = codeBlocks().filter(
      ({ language, remark }) => language === 'dockerfile' && !/^not run: ./.test(remark),
    );
    expect(silent.map(({ place }) => place)).to.deep.equal([]);
  });

  it('shows only jobs.yaml that the generator takes', () => {
    const { types, errors } = parse(readPage('jobs.yaml')) as { types: object; errors: object };
    for (const { place, text } of runnable('yaml')) {
      const named = /^types:/m.test(text) ? '' : stringify({ types, errors }); // a fragment may use those of the shop
      const whole = /^version:/m.test(text) ? text : `version: 1\napp: docs\n${text}\n${named}`;
      const { problems, config } = readConfig({ text: whole, file: place });
      expect(config, formatProblems({ problems, textOf: () => whole, color: false })).not.to.equal(null);
    }
  });

  it('names files that exist', () => {
    const named = [...readPage('README.md').matchAll(/\b(?:test|runtime|docs|handlers)\/[\w/.-]*\w/g)].map(
      ([path]) => path,
    );
    const missing = named.filter((path) => !path.includes('countOrders') && !existsSync(join(ROOT, path)));
    expect(missing).to.deep.equal([]);
  });

  it('starts the file that the package has as its command', () => {
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { bin: Record<string, string> };
    const file = posix.join('node_modules/dal-job', bin['dal-job'] ?? '');
    for (const page of ['README.md', 'docs/operations.md']) expect(readPage(page)).to.include(file);
  });
});

describe('The tables of the documentation', () => {
  it("list a handler's whole context", () => {
    const table = firstCells('README.md', 'What a job looks like').map((cell) => cell.replace(/\(.*\)/, ''));
    expect(table).to.have.members(membersOf('runtime/types.ts', 'JobContext'));
  });

  it('list every event', () => {
    expect(firstCells('docs/operations.md', 'Monitoring')).to.have.members(
      membersOf('runtime/event-types.ts', 'AppEvents'),
    );
  });

  it('list every option of createApp', () => {
    const options = firstCells('docs/operations.md', 'Options').map((cell) => cell.split('.')[0]);
    expect([...new Set(options)]).to.have.members(membersOf('runtime/config.ts', 'AppOptions'));
  });

  it('list every policy of a job', () => {
    const { definitions } = JSON.parse(readFileSync(join(ROOT, 'jobs.schema.json'), 'utf8')) as {
      definitions: { job: { properties: object } };
    };
    const [, section = ''] = readPage('README.md').split('\n## Policies\n');
    const keys = [...section.matchAll(/^\| [^|]+ \| `([\w.]+)` \|/gm)].map(([, key = '']) => key.split('.')[0]);
    const others = ['desc', 'cron', 'timezone', 'input', 'handler', 'claim', 'misfireLimit'];
    expect([...new Set(keys), ...others]).to.have.members(Object.keys(definitions.job.properties));
  });
});

describe('The codes of errors', () => {
  const sources = readSources(ROOT).filter(({ path }) => /^(runtime|generator|cli)\//.test(path));
  const used = new Set(sources.flatMap(({ strings }) => strings.flatMap((text) => text.match(/\bDJ\d{4}\b/g) ?? [])));
  const known = [...Object.keys(GENERATOR_CODES), ...Object.keys(ERROR_CODES)];

  it('are in one of the two tables, and not in both', () => {
    expect([...new Set(known)]).to.deep.equal(known);
  });

  it('are known wherever one is raised', () => {
    expect([...used].filter((code) => !known.includes(code))).to.deep.equal([]);
  });

  it('are raised by something', () => {
    expect(known.filter((code) => !used.has(code))).to.deep.equal(NEVER_THROWN);
  });
});

function leadsSomewhere(file: string, target: string): boolean {
  if (/^https?:\/\//.test(target)) return true;
  const [path = '', anchor] = target.split('#');
  const page = path === '' ? file : posix.join(posix.dirname(file), path);
  if (!existsSync(join(ROOT, page))) return false;
  return anchor === undefined || anchors(page).has(anchor);
}

/** Names of an interface's members, read from the source. */
function membersOf(path: string, name: string): string[] {
  const source = ts.createSourceFile(path, readPage(path), ts.ScriptTarget.ES2022, true);
  const found = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name);
  if (found === undefined || !ts.isInterfaceDeclaration(found)) throw new Error(`${path} has no interface ${name}`);
  return found.members.flatMap(({ name: own }) => (own === undefined ? [] : [own.getText(source).replaceAll("'", '')]));
}
