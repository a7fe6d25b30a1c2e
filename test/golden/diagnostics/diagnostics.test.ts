// Golden cases of what the generator says of a jobs.yaml: one folder each, jobs.yaml beside expected.txt.
// UPDATE_GOLDEN=1 rewrites the expected files; look at every one before it is committed.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { GENERATOR_CODES } from '../../../generator/codes.js';
import { formatProblems } from '../../../generator/diagnostics.js';
import { readConfig } from '../../../generator/read.js';

const ROOT = new URL('./', import.meta.url);
/** Texts too long to keep. */
const MADE: Readonly<Record<string, string>> = { 'too-large': `version: 1\n${'# filling\n'.repeat(150_000)}` };
/** Codes from here on are raised when the user's own files are read, not from jobs.yaml alone. */
const FIRST_ELSEWHERE = 'DJ1200';

function textOf(name: string): string {
  return MADE[name] ?? readFileSync(new URL(`${name}/jobs.yaml`, ROOT), 'utf8');
}

function said(name: string): string {
  const text = textOf(name);
  const { config, problems } = readConfig({ text, file: 'jobs.yaml' });
  const printed = formatProblems({ problems, textOf: () => text, color: false });
  return config === null ? printed : `${printed}(a config)\n`;
}

const cases = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

describe('what the generator says of a jobs.yaml', () => {
  for (const name of cases) {
    it(`says what was agreed of ${name}`, () => {
      const expected = new URL(`${name}/expected.txt`, ROOT);
      if (process.env.UPDATE_GOLDEN === '1') writeFileSync(expected, said(name));
      expect(existsSync(expected), 'expected.txt is missing: UPDATE_GOLDEN=1 writes it').to.equal(true);
      expect(said(name)).to.equal(readFileSync(expected, 'utf8'));
    });
  }

  it('shows every code at least once', () => {
    const shown = cases.map((name) => readFileSync(new URL(`${name}/expected.txt`, ROOT), 'utf8')).join('\n');
    const missing = Object.keys(GENERATOR_CODES).filter(
      (code) => code < FIRST_ELSEWHERE && !shown.includes(` ${code} `),
    );
    expect(missing).to.deep.equal([]);
  });

  it('takes the design example as it is', () => {
    const { problems } = readConfig({ text: textOf('design-example'), file: 'jobs.yaml' });
    expect(problems).to.deep.equal([]);
  });
});
