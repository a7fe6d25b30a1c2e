// Real files under real schemas: what people get wrong, and whether the error stands where they would look. The expected
// places in schemastore.txt were checked one by one against the files; UPDATE_GOLDEN=1 rewrites them, look at each again.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Ajv } from 'ajv';
import * as formats from 'ajv-formats';
import { expect } from 'chai';
import { formatProblems, type Problem } from '../../../generator/diagnostics.js';
import { parseYaml } from '../../../generator/parse.js';
import { createReport } from '../../../generator/report.js';
import { PROBLEM_CODES } from '../../../generator/schema-findings.js';
import { sourceText } from '../../../generator/source.js';
import { createValidator, type Validate } from '../../../generator/validate.js';
import { filesOneDown, needs, sharedData } from '../../support/shared-data.js';

const ROOT = sharedData('schemastore');
const EXPECTED = new URL('schemastore.txt', import.meta.url);
/** One schema builds on another that is not there: it is taken to allow everything. */
const ABSENT = 'https://json.schemastore.org/jekyll.json';
const addFormats = (formats.default as unknown as { default: (ajv: Ajv) => void }).default;

describe('real files under published schemas', () => {
  const compiled = new Map<string, Validate>();
  before(function () {
    needs(this as never, ROOT);
  });

  function validatorOf(name: string): Validate {
    const validate = compiled.get(name) ?? createSchemaValidator(name);
    compiled.set(name, validate);
    return validate;
  }

  function problemsOf(path: string, text: string): readonly Problem[] {
    const [schema = '', file = ''] = path.split('/').slice(-2);
    const source = sourceText(file, text);
    const report = createReport(source);
    const yaml = parseYaml(source, report);
    const found = yaml === null ? [] : validatorOf(schema)(yaml.data);
    for (const { kind, path: at, at: what, message, hint } of found)
      report.add({ code: PROBLEM_CODES[kind], span: yaml!.locate(at, what), message, hint });
    return report.problems;
  }

  function all(kind: string): { path: string; text: string; problems: readonly Problem[] }[] {
    return filesOneDown(new URL(`${kind}/`, ROOT)).map((path) => {
      const text = readFileSync(new URL(`${kind}/${path}`, ROOT), 'utf8');
      return { path, text, problems: problemsOf(path, text) };
    });
  }

  it('have no error when they are good', () => {
    const good = all('test');
    const faulty = good.filter(({ problems }) => problems.length > 0);
    expect(faulty.map(({ path }) => path)).to.deep.equal([]);
    expect(good).to.have.length(68);
  });

  it('have their errors at the key or value that is wrong when they are bad', () => {
    const bad = all('negative_test');
    const found = bad.map(({ path, problems }) => `${path} ${problems.map(showPlace).join(', ')}\n`).join('');
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(EXPECTED, found);
    expect(found).to.equal(readFileSync(EXPECTED, 'utf8'));
    expect(bad).to.have.length(106);
    expect(bad.filter(({ problems }) => problems.length === 0)).to.deep.equal([]);
  });

  it('are printed with the line they are about', () => {
    for (const { text, problems } of all('negative_test')) {
      const printed = formatProblems({ problems, textOf: () => text, color: false });
      expect(printed.match(/^ +\| +\^/gm)?.length, printed).to.equal(problems.length);
    }
  });
});

function createSchemaValidator(name: string): Validate {
  const schema = JSON.parse(readFileSync(new URL(`schemas/${name}.json`, ROOT), 'utf8')) as object;
  return createValidator(schema, (ajv) => {
    addFormats(ajv);
    ajv.addSchema({}, ABSENT);
  });
}

function showPlace({ line, column, code }: Problem): string {
  return `${line}:${column} ${code}`;
}
