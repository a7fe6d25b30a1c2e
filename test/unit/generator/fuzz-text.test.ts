// Whatever is in jobs.yaml, the answer is a config or problems, each at a place of the text; soon, and without an exception.
// A bounded number of files each time, 10,000 with DAL_JOB_TEST_LONG=1. A failure prints its seed; to repeat it, set
// DAL_JOB_TEST_SEED.
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { buildModel } from '../../../generator/build.js';
import { formatProblems, type Problem } from '../../../generator/diagnostics.js';
import { createConfigReader } from '../../../generator/read.js';
import { sourceText } from '../../../generator/source.js';
import { fuzzing } from '../../support/fuzzing.js';
import { mutate, mutations } from '../../support/mutate-yaml.js';

const GOLDEN = new URL('../../golden/', import.meta.url);
const MOST_MS = 1_000;

describe('a jobs.yaml that went wrong', function () {
  this.timeout(1_800_000);

  it('is answered with problems at places of the text, soon and without an exception', () => {
    const originals = [...texts('diagnostics'), ...texts('generate')];
    const read = createConfigReader();
    const seen = { files: 0, refused: 0, slowestMs: 0, codes: new Set<string>() };
    const property = fc.property(fc.nat(originals.length - 1), mutations(), (which, changes) => {
      const text = mutate(originals[which] ?? '', changes);
      const { begin, work } = { begin: performance.now(), work: process.cpuUsage() };
      const { config, problems } = read({ text, file: 'jobs.yaml' });
      const printed = formatProblems({ problems, textOf: () => text, color: false });
      if (config !== null) buildModel(config);
      const used = process.cpuUsage(work);
      const tookMs = Math.min(performance.now() - begin, (used.user + used.system) / 1_000);
      expect(tookMs, 'took').to.be.below(MOST_MS);
      expectPlaces(text, problems, printed);
      expect(config === null).to.equal(problems.some(({ severity }) => severity === 'error'));
      note(seen, { problems, tookMs, refused: config === null });
    });
    fc.assert(property, fuzzing({ each: 400, long: 10_000 }));
    const { files, refused, slowestMs, codes } = seen;
    console.log(
      `      ${files} files, ${refused} refused, ${codes.size} codes, the slowest ${Math.round(slowestMs)} ms`,
    );
    expect(codes.size).to.be.above(25);
  });
});

/** Every jobs.yaml of the golden cases. */
function texts(kind: string): string[] {
  const root = new URL(`${kind}/`, GOLDEN);
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) => {
    const has = readdirSync(new URL(name, root)).includes('jobs.yaml');
    return has ? [readFileSync(new URL(`${name}/jobs.yaml`, root), 'utf8')] : [];
  });
}

function expectPlaces(text: string, problems: readonly Problem[], printed: string): void {
  const source = sourceText('jobs.yaml', text);
  const count = source.text.split('\n').length;
  for (const { line, column, length, code } of problems) {
    expect(line, code).to.be.within(1, count);
    expect(column, code).to.be.within(1, source.line(line).length + 1);
    expect(length, code).to.be.at.least(1);
  }
  const heads = printed.match(/^jobs\.yaml:\d+:\d+ (?:error|warning) DJ1\d{3} \S/gm) ?? [];
  expect(heads.length).to.equal(Math.min(20, problems.length));
  const odd = [...printed].find((char) => char !== '\n' && /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u.test(char));
  expect(odd, 'control character').to.equal(undefined);
}

interface Seen {
  files: number;
  refused: number;
  slowestMs: number;
  readonly codes: Set<string>;
}

function note(seen: Seen, one: { problems: readonly Problem[]; tookMs: number; refused: boolean }): void {
  seen.files += 1;
  seen.refused += one.refused ? 1 : 0;
  seen.slowestMs = Math.max(seen.slowestMs, one.tookMs);
  for (const { code } of one.problems) seen.codes.add(code);
}
