// Problems of any data under any schema: every one at once, noise folded, words that say what was got.

import { expect } from 'chai';
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

  it('lets a fixed value decide before anything else, behind references too', () => {
    const schema = {
      definitions: {
        chain: { required: ['type'], properties: { type: { const: 'chain' } } },
        split: { properties: { type: { const: 'split' } }, allOf: [{ $ref: '#/definitions/parts' }] },
        parts: { properties: { into: { enum: ['lines', 'words'] }, at: { type: 'integer' } } },
      },
      ...either({ $ref: '#/definitions/chain' }, { $ref: '#/definitions/split' }),
    };
    expect(said(schema, { a: { type: 'split', into: 'letters', at: 'x' } })).to.deep.equal([
      'a.into (value) must be lines or words, got "letters"',
      'a.at (value) must be a whole number, got "x"',
    ]);
    expect(said(schema, { a: { type: 'spilt' } })).to.deep.equal([
      'a.type (value) must be chain or split, got "spilt"; did you mean "split"?',
    ]);
  });

  it('takes the alternative of which a key is misspelt', () => {
    const only = (key: string) => ({ additionalProperties: false, required: [key], properties: { [key]: {} } });
    const schema = either(only('all'), only('any'), only('changed-files'));
    expect(said(schema, { a: { 'changing-files': 1 } })).to.deep.equal([
      'a.changing-files (key) unknown key "changing-files"; did you mean "changed-files"? It is required here',
    ]);
  });

  it('takes one of several keys that would do, misspelt, for one slip', () => {
    const keys = { properties: { begin: {}, end: {} }, additionalProperties: false };
    const schema = { ...keys, anyOf: [{ required: ['begin'] }, { required: ['end'] }] };
    expect(said(schema, { begn: 1 })).to.deep.equal([
      'begn (key) unknown key "begn"; did you mean "begin"? It, or another, is required here',
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
