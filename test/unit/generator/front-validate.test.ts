// Problems of any data under any schema: every one at once, noise folded, words that say what was got.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Ajv } from 'ajv';
import * as formats from 'ajv-formats';
import { expect } from 'chai';
import { parseYaml } from '../../../generator/parse.js';
import { createReport } from '../../../generator/report.js';
import { sourceText } from '../../../generator/source.js';
import { createValidator } from '../../../generator/validate.js';

const said = (schema: object, data: unknown): string[] =>
  createValidator(schema)(data).map(
    ({ path, at, message, hint }) => `${path.join('.')} (${at}) ${message}${hint === undefined ? '' : `; ${hint}`}`,
  );

const either = (...branches: object[]) => ({ properties: { a: { anyOf: branches } } });

describe('problems under a schema', () => {
  it('points at an unknown key itself, and at the map that lacks one', () => {
    const schema = { additionalProperties: false, required: ['name'], properties: { name: {}, size: {} } };
    expect(said(schema, { sise: 1 })).to.deep.equal([
      ' (key) lacks the key "name"',
      'sise (key) unknown key "sise"; did you mean "size"?',
    ]);
  });

  it('prefers a key that is not there yet', () => {
    const schema = { additionalProperties: false, properties: { include: {}, includeX: {} } };
    expect(said(schema, { include: 1, includes: 2 })).to.deep.equal([
      'includes (key) unknown key "includes"; did you mean "includeX"?',
    ]);
  });

  it('takes a missing key and its misspelling for one slip', () => {
    const schema = { additionalProperties: false, required: ['timeout'], properties: { timeout: {} } };
    expect(said(schema, { timout: 1 })).to.deep.equal([
      'timout (key) unknown key "timout"; did you mean "timeout"? It is required here',
    ]);
  });

  it('says what was asked for and what was got', () => {
    const schema = {
      properties: {
        a: { type: 'integer' },
        b: { type: ['string', 'null'] },
        c: { type: 'boolean' },
        d: { type: 'array' },
      },
    };
    expect(said(schema, { a: 'three', b: 5, c: 'yes', d: null })).to.deep.equal([
      'a (value) must be a whole number, got "three"',
      'b (value) must be a string or empty, got the number 5; quote it: "5"',
      'c (value) must be true or false, got "yes"; write true',
      'd (value) must be a list, got nothing',
    ]);
  });

  it('uses the words a schema has for the form of a string', () => {
    const schema = {
      properties: { a: { type: 'string', pattern: '^x$', patternErrorMessage: 'must be a cross like x' } },
    };
    expect(said(schema, { a: 'o' })).to.deep.equal(['a (value) must be a cross like x, got "o"']);
    expect(said(schema, { a: 5 })).to.deep.equal(['a (value) must be a cross like x, got the number 5; quote it: "5"']);
  });

  it('tells of alternatives the one whose kind of value fits', () => {
    const schema = either({ type: 'string' }, { type: 'object', properties: { b: { type: 'integer' } } });
    expect(said(schema, { a: { b: 'x' } })).to.deep.equal(['a.b (value) must be a whole number, got "x"']);
  });

  it('tells of alternatives the one whose fixed value fits', () => {
    const kind = (name: string, key: string) => ({
      type: 'object',
      properties: { kind: { const: name }, [key]: { type: 'integer' } },
    });
    const schema = either(kind('card', 'number'), kind('cash', 'number'), kind('bank', 'number'));
    expect(said(schema, { a: { kind: 'cash', number: 'x' } })).to.deep.equal([
      'a.number (value) must be a whole number, got "x"',
    ]);
  });

  it('names all alternatives when none is nearer', () => {
    expect(said(either({ type: 'string' }, { type: 'array' }), { a: 5 })).to.deep.equal([
      'a (value) must be a string or a list, got the number 5',
    ]);
    expect(said(either({ enum: ['x', 'y'] }, { type: 'integer' }), { a: 'z' })).to.deep.equal([
      'a (value) must be x or y or a whole number, got "z"',
    ]);
  });

  it('joins alternatives that each lack a key', () => {
    expect(said(either({ required: ['x'] }, { required: ['y'] }), { a: {} })).to.deep.equal([
      'a (key) lacks the key "x" or "y"',
    ]);
  });

  it('says when more than one of exclusive alternatives fits', () => {
    const schema = { properties: { a: { oneOf: [{ type: 'integer' }, { type: 'number' }] } } };
    expect(said(schema, { a: 5 })).to.deep.equal(['a (value) fits more than one of the forms allowed']);
  });

  it('sees through references and nested alternatives', () => {
    const schema = {
      definitions: {
        inner: { anyOf: [{ type: 'integer' }, { type: 'object', additionalProperties: false, properties: { b: {} } }] },
      },
      properties: { a: { anyOf: [{ type: 'string' }, { $ref: '#/definitions/inner' }] } },
    };
    expect(said(schema, { a: { bb: 1 } })).to.deep.equal(['a.bb (key) unknown key "bb"; did you mean "b"?']);
  });

  it('points at a name that has the wrong form, behind a reference too', () => {
    const names = {
      definitions: { name: { pattern: '^[a-z]+$', patternErrorMessage: 'must be small letters' } },
      propertyNames: { $ref: '#/definitions/name' },
    };
    expect(said(names, { UP: 1 })).to.deep.equal(['UP (key) must be small letters']);
  });

  it('says nothing of "then" but what is wrong there', () => {
    const schema = JSON.parse('{ "if": { "required": ["a"] }, "then": { "required": ["b"] } }');
    expect(said(schema, { a: 1 })).to.deep.equal([' (key) lacks the key "b"']);
  });

  it('keeps keys that hold slashes and tildes', () => {
    const schema = { additionalProperties: { type: 'string' } };
    expect(createValidator(schema)({ 'a/b~c': 1 })[0]?.path).to.deep.equal(['a/b~c']);
  });

  it('keeps what it shows short', () => {
    const [message = ''] = said({ properties: { a: { enum: ['x'] } } }, { a: 'y'.repeat(500) });
    expect(message.length).to.be.below(120);
  });
});

describe('problems of real files under their published schemas', () => {
  const root = new URL('../../../../shared/data/schemastore/', import.meta.url);
  /** Its schema refers to another one that is not there. */
  const left = new Set(['github-pages-jekyll']);
  const addFormats = (ajv: Ajv) => void (formats.default as unknown as { default: (ajv: Ajv) => void }).default(ajv);
  before(function () {
    if (existsSync(root)) return;
    console.log('      skipped: the published schemas are not beside the project');
    this.skip();
  });

  function count(kind: 'test' | 'negative_test'): { clean: string[]; faulty: string[] } {
    const result = { clean: [] as string[], faulty: [] as string[] };
    for (const name of readdirSync(new URL(kind, root)).filter((folder) => !left.has(folder))) {
      const validate = createValidator(
        JSON.parse(readFileSync(new URL(`schemas/${name}.json`, root), 'utf8')),
        addFormats,
      );
      for (const file of readdirSync(new URL(`${kind}/${name}`, root))) {
        const source = sourceText(file, readFileSync(new URL(`${kind}/${name}/${file}`, root), 'utf8'));
        const report = createReport(source);
        const yaml = parseYaml(source, report);
        const problems = yaml === null ? report.problems : validate(yaml.data);
        for (const problem of problems)
          if ('path' in problem) expect(source.place(yaml!.locate(problem.path, problem.at)).line).to.be.at.least(1);
        (problems.length === 0 ? result.clean : result.faulty).push(`${name}/${file}`);
      }
    }
    return result;
  }

  it('finds nothing wrong with the good ones', () => {
    const { clean, faulty } = count('test');
    expect(faulty).to.deep.equal([]);
    expect(clean.length).to.be.above(20);
  });

  it('finds something, at a place, in each of the bad ones', () => {
    const { clean, faulty } = count('negative_test');
    expect(clean).to.deep.equal([]);
    expect(faulty.length).to.be.above(20);
  });
});
