// The printer: what a reader, a terminal and a grep get.

import { expect } from 'chai';
import { formatProblems, type Problem } from '../../../generator/diagnostics.js';

const problem = (change: Partial<Problem>): Problem => ({
  code: 'DJ1003',
  severity: 'error',
  message: 'unknown key "b"',
  file: 'jobs.yaml',
  line: 1,
  column: 1,
  length: 1,
  ...change,
});
const print = (problems: Problem[], text = 'a: 1\nb: 2\n', color = false) =>
  formatProblems({ problems, textOf: () => text, color });

describe('the printer of problems', () => {
  it('prints a greppable line, the source, the caret with the hint, and the count', () => {
    const text = 'jobs:\n  close:\n    timout: 50s\n';
    const one = problem({
      message: 'unknown key "timout" in job "close"',
      hint: 'did you mean "timeout"?',
      line: 3,
      column: 5,
      length: 6,
    });
    expect(print([one], text)).to.equal(
      'jobs.yaml:3:5 error DJ1003 unknown key "timout" in job "close"\n' +
        '  3 |     timout: 50s\n' +
        '    |     ^^^^^^ did you mean "timeout"?\n' +
        '1 error. Nothing was written.\n',
    );
  });

  it('sorts by place, and counts errors and warnings apart', () => {
    const out = print([
      problem({ line: 2 }),
      problem({ severity: 'warning', code: 'DJ1061' }),
      problem({ line: 1, column: 3 }),
    ]);
    expect(out.match(/^jobs.*?:\d+:\d+ \w+/gm)).to.deep.equal([
      'jobs.yaml:1:1 warning',
      'jobs.yaml:1:3 error',
      'jobs.yaml:2:1 error',
    ]);
    expect(out).to.match(/2 errors, 1 warning\. Nothing was written\.\n$/);
  });

  it('does not say that nothing was written for warnings alone', () => {
    expect(print([problem({ severity: 'warning' })])).to.match(/\n1 warning\.\n$/);
  });

  it('shows twenty, errors before warnings, and how many more there are', () => {
    const warnings = Array.from({ length: 30 }, (_, index) => problem({ severity: 'warning', column: index + 1 }));
    const out = print([...warnings, problem({ line: 2 })]);
    expect(out.match(/^jobs/gm)).to.have.length(20);
    expect(out).to.contain('jobs.yaml:2:1 error');
    expect(out).to.contain('\nand 11 more; all of them: npx dal-job gen --format json\n');
  });

  const caretUnder = (source: string, word: string): string => {
    const [, shown = '', below = ''] = print(
      [problem({ column: source.indexOf(word) + 1, length: word.length })],
      source,
    ).split('\n');
    const columns = [...below].filter((char) => char === '^').length;
    const cells = [...shown].flatMap((char) =>
      /[\u3000-\u9fff\u{1f300}-\u{1faff}]/u.test(char) ? [char, ''] : /\p{Mn}/u.test(char) ? [] : [char],
    );
    return cells.slice(below.indexOf('^'), below.indexOf('^') + columns).join('');
  };

  it('keeps the caret right after tabs, wide characters, emoji and combining marks', () => {
    expect(caretUnder('a:\t\tb: 1', 'b')).to.equal('b');
    expect(caretUnder('desc: "每分钟关闭", b: 1', 'b')).to.equal('b');
    expect(caretUnder('desc: "🚀🚀", b: 1', 'b')).to.equal('b');
    expect(caretUnder('desc: "e\u0301e\u0301", bcd: 1', 'bcd')).to.equal('bcd');
    expect(caretUnder('desc: 每分钟', '每分')).to.equal('每分');
  });

  it('cuts long lines around the caret', () => {
    const source = `desc: "${'x'.repeat(400)}", wrong: 1, more: "${'y'.repeat(400)}"`;
    const [, shown = ''] = print([problem({ column: source.indexOf('wrong') + 1, length: 5 })], source).split('\n');
    expect(shown.length).to.be.below(120);
    expect(caretUnder(source, 'wrong')).to.equal('wrong');
  });

  it('lets nothing through that would move the cursor or turn the line', () => {
    const out = print([problem({ message: 'got "\u001b[31m\u0007\u202e"', hint: 'a\nb' })], 'a: "\u001b[2J\u0000"\n');
    for (const bad of ['\u001b', '\u0007', '\u0000', '\u202e']) expect(out).to.not.contain(bad);
    expect(out.split('\n')).to.have.length(5);
  });

  it('colours only when it is told to', () => {
    expect(print([problem({})], 'a\n', false)).to.not.contain('\u001b');
    expect(print([problem({})], 'a\n', true)).to.contain('\u001b[31m');
  });

  it('prints a problem of a file that cannot be read without a frame', () => {
    const out = formatProblems({ problems: [problem({ hint: 'look' })], textOf: () => undefined, color: false });
    expect(out).to.equal('jobs.yaml:1:1 error DJ1003 unknown key "b"\n  look\n1 error. Nothing was written.\n');
  });

  it('prints nothing when there is nothing', () => {
    expect(print([])).to.equal('');
  });
});
