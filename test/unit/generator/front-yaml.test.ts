// The YAML layer: text to data with places; nothing in a text makes it throw.

import { expect } from 'chai';
import fc from 'fast-check';
import { parseYaml } from '../../../generator/parse.js';
import { createReport } from '../../../generator/report.js';
import { sourceText } from '../../../generator/source.js';

function read(text: string) {
  const source = sourceText('a.yaml', text);
  const report = createReport(source);
  const yaml = parseYaml(source, report);
  const place = (path: (string | number)[], what: 'key' | 'value') => {
    if (yaml === null) throw new Error('nothing was read');
    const { line, column, length } = source.place(yaml.locate(path, what));
    return `${line}:${column}+${length}`;
  };
  return { data: yaml?.data, problems: report.problems, source, yaml, place };
}

describe('the YAML layer', () => {
  it('places keys and values by their path', () => {
    const { place } = read('a: 1\nb:\n  - c: x\n    "d": "yz"\n  - { e: f }\n');
    expect(place(['a'], 'value')).to.equal('1:4+1');
    expect(place(['b'], 'key')).to.equal('2:1+1');
    expect(place(['b', 0, 'd'], 'key')).to.equal('4:5+3');
    expect(place(['b', '0', 'd'], 'value')).to.equal('4:10+4');
    expect(place(['b', 1, 'e'], 'value')).to.equal('5:10+1');
  });

  it('places what is not there at the nearest thing above', () => {
    const { place } = read('a:\n  b: 1\n');
    expect(place(['a', 'c', 'd'], 'key')).to.equal('1:1+1');
  });

  it('places an empty value at its key', () => {
    expect(read('a: 1\njobs:\n').place(['jobs'], 'value')).to.equal('2:1+4');
  });

  it('counts columns alike with and without a byte-order mark and with either line break', () => {
    for (const text of ['a: 1\nb: 2\n', '\ufeffa: 1\nb: 2\n', 'a: 1\r\nb: 2\r\n']) {
      expect(read(text).place(['b'], 'value')).to.equal('2:4+1');
    }
  });

  it('finds a part of a string inside plain and quoted scalars, and not where escapes move it', () => {
    const { yaml, source } = read('a: one two\nb: "one two"\nc: "one\\x20two"\n');
    const at = (key: string) => source.place(yaml?.locateWithin([key], 4, 3) ?? { start: 0, end: 0 });
    expect(at('a')).to.deep.equal({ line: 1, column: 8, length: 3 });
    expect(at('b')).to.deep.equal({ line: 2, column: 9, length: 3 });
    expect(at('c')).to.deep.equal({ line: 3, column: 4, length: 12 });
  });

  it('merges << as what stands in the map itself comes first, whatever the order', () => {
    const { data } = read(
      'a: &a { x: 1, y: 1 }\nb: { y: 2, <<: *a }\nc: { <<: *a, y: 2 }\nd: { <<: [{ x: 5 }, *a] }\n',
    );
    expect(data).to.deep.equal({ a: { x: 1, y: 1 }, b: { x: 1, y: 2 }, c: { x: 1, y: 2 }, d: { x: 5, y: 1 } });
  });

  it('places what was merged where it is written', () => {
    expect(read('a: &a { x: 1 }\nb: { <<: *a }\n').place(['b', 'x'], 'value')).to.equal('1:12+1');
  });

  it('lets one anchor be used a thousand times', () => {
    const uses = Array.from({ length: 1_000 }, (_, index) => `j${index}: *a\n`).join('');
    const { problems, data } = read(`a: &a { x: [1, 2, 3] }\n${uses}`);
    expect(problems).to.deep.equal([]);
    expect((data as Record<string, unknown>).j999).to.deep.equal({ x: [1, 2, 3] });
  });

  it('takes the anchor before the alias when a name is used twice', () => {
    expect(read('a: &x 1\nb: *x\nc: &x 2\nd: *x\n').data).to.deep.equal({ a: 1, b: 1, c: 2, d: 2 });
  });

  it('never puts __proto__ into the data', () => {
    const { data, problems } = read('a: { __proto__: { polluted: true } }\n');
    expect(problems.map((problem) => problem.code)).to.deep.equal(['DJ1011']);
    expect((data as { a: object }).a).to.not.have.property('polluted');
  });

  it('answers a text of ten thousand open brackets', () => {
    const { problems } = read(`a: ${'['.repeat(10_000)}`);
    expect(problems).to.have.length(1);
  });

  it('does not take a quoted star for a missing quote', () => {
    const { problems } = read('a: "x: *b c"\nb: [1\n');
    expect(problems.map((problem) => problem.code)).to.deep.equal(['DJ1001']);
  });

  it('survives any text, and every problem has a place inside it', () => {
    const pieces = fc.constantFrom(
      'a',
      ': ',
      '\n',
      '  ',
      '- ',
      '&x ',
      '*x',
      '<<',
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      ',',
      '|',
      '>',
      '!t ',
      '#',
      '\t',
      '---\n',
      '? ',
      '\r\n',
      '$',
      '\u{1f600}',
    );
    const property = fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const { problems, source } = read(parts.join(''));
      const lines = source.text.split('\n').length;
      for (const { line, column, length } of problems) {
        expect(line).to.be.within(1, lines);
        expect(column).to.be.within(1, source.line(line).length + 1);
        expect(length).to.be.at.least(1);
      }
    });
    fc.assert(property, { numRuns: 1_500 });
  });
});
