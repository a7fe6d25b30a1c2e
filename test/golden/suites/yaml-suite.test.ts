// The YAML test suite against the parse layer: broken documents are refused at a place, good ones are read as the suite reads
// them. Some good ones are refused on purpose, by a code of ours: several documents, tags, keys that are no strings.
// yaml-suite.txt holds the place of every refusal; UPDATE_GOLDEN=1 rewrites it, look at what changed.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { parseYaml } from '../../../generator/parse.js';
import { createReport } from '../../../generator/report.js';
import { sourceText } from '../../../generator/source.js';
import { needs, sharedData } from '../../support/shared-data.js';

const ROOT = sharedData('yaml-test-suite/src');
const EXPECTED = new URL('yaml-suite.txt', import.meta.url);
const OURS = ['DJ1014', 'DJ1015', 'DJ1020'];
/** The suite itself calls what this directive does a matter of taste. */
const TASTE = 'ZYU8#3';
const MOST_MS = 1_000;

interface Case {
  readonly name: string;
  readonly yaml: string;
  readonly fail: boolean;
  readonly json: string | undefined;
}

describe('the YAML test suite', () => {
  before(function () {
    needs(this as never, ROOT);
  });

  it('has its broken documents refused at a place, and no other but those we will not have', () => {
    const refused = cases().flatMap((one) => {
      const { places, codes } = read(one);
      const isOurs = codes.every((code) => OURS.includes(code));
      if (one.fail) expect(codes, `${one.name} is taken`).not.to.deep.equal([]);
      else if (!isOurs) expect(one.name, codes.join()).to.equal(TASTE);
      return codes.length === 0 ? [] : [`${one.name} ${one.fail ? 'broken' : 'ours'} ${places.join(', ')}\n`];
    });
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(EXPECTED, refused.join(''));
    expect(refused.join('')).to.equal(readFileSync(EXPECTED, 'utf8'));
  });

  it('has its good documents read as it reads them', () => {
    const good = cases().filter((one) => !one.fail && one.json !== undefined);
    const taken = good.filter((one) => read(one).codes.length === 0);
    for (const one of taken) {
      const [expected = null] = jsonValues(one.json ?? '');
      expect(read(one).data, one.name).to.deep.equal(expected);
    }
    expect(taken.length).to.be.at.least(246);
  });

  it('is read without a wait', () => {
    const slow = cases().filter((one) => read(one).tookMs > MOST_MS);
    expect(slow.map(({ name }) => name)).to.deep.equal([]);
  });
});

function read({ name, yaml }: Case): { data: unknown; places: string[]; codes: string[]; tookMs: number } {
  const begin = performance.now();
  const source = sourceText(name, yaml);
  const report = createReport(source);
  const parsed = parseYaml(source, report);
  const places = report.problems.map(({ line, column, code }) => `${line}:${column} ${code}`);
  for (const { line, column } of report.problems) {
    expect(line, name).to.be.within(1, yaml.split('\n').length);
    expect(column, name).to.be.within(1, source.line(line).length + 1);
  }
  const codes = report.problems.map(({ code }) => code);
  return { data: parsed?.data ?? null, places, codes, tookMs: performance.now() - begin };
}

/** Every file is a list of cases; a field that a later one leaves out is that of the one before. */
function cases(): Case[] {
  return readdirSync(ROOT)
    .sort()
    .flatMap((file) => {
      const list = parse(readFileSync(new URL(file, ROOT), 'utf8')) as Record<string, unknown>[];
      let before: Record<string, unknown> = {};
      return list.map((item, index): Case => {
        const { fail: _, ...inherited } = before;
        const one: Record<string, unknown> = { ...inherited, ...item };
        before = one;
        const name = `${file.replace('.yaml', '')}#${index + 1}`;
        const json = typeof one.json === 'string' ? one.json : undefined;
        return { name, yaml: decode(String(one.yaml ?? '')), fail: one.fail === true, json };
      });
    });
}

/** The suite draws what cannot be seen. */
function decode(text: string): string {
  return text
    .replaceAll('␣', ' ')
    .replaceAll(/—*»/g, '\t')
    .replaceAll('←', '\r')
    .replaceAll('⇔', '\uFEFF')
    .replaceAll('↵', '')
    .replace(/∎\n$/, '');
}

/** JSON texts one after the other. */
function jsonValues(text: string): unknown[] {
  const lines = text.trim().split('\n');
  for (let end = 1; end <= lines.length; end++) {
    const value = tryJson(lines.slice(0, end).join('\n'));
    if (value !== undefined) return [value, ...jsonValues(lines.slice(end).join('\n'))];
  }
  return [];
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
