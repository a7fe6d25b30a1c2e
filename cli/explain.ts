// `dal-job explain DJ1003`: what a code means and what to do about it, from the same tables that docs/errors.md is made of.
// Without a code: every code there is, one a line. Needs no project and no database.
import type { Command } from 'commander';
import { ERROR_CODES, type ErrorCode } from '../runtime/errors.js';
import { ADVICE } from './advice.js';
import type { CommandModule, ExitCode } from './command.js';
import { UsageError } from './failure.js';
import { print, printJson } from './output.js';

/** One code, as both tables tell of it. */
export interface Explanation {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** What is wrong, in a few words. */
  readonly title: string;
  /** Why, and what to do. */
  readonly advice: string;
}

const COLUMNS = 100;

export const explain: CommandModule = {
  configure(command: Command): void {
    command
      .argument('[code]', 'a code, such as DJ1003 (default: list them all)')
      .option('--json', 'an object, or without a code an array of them')
      .addHelpText('after', '\nExit codes: 0 done, 64 no such code');
  },

  async run(options, [asked]): Promise<ExitCode> {
    const all = await explanations();
    const shown = asked === undefined ? all : find(all, asked);
    if (options.json === true) printJson(shown);
    else if (Array.isArray(shown)) for (const { code, title } of shown) print(`${code}  ${title}`);
    else print(tell(shown as Explanation));
    return 0;
  },
};

/** Every code, in its order. */
export async function explanations(): Promise<Explanation[]> {
  const { GENERATOR_CODES } = await import('../generator/codes.js');
  const generator = Object.entries(GENERATOR_CODES).map(([code, { severity, title, explain: advice }]) => ({
    code,
    severity,
    title,
    advice,
  }));
  const runtime = (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => ({
    code,
    severity: 'error' as const,
    title: ERROR_CODES[code],
    advice: ADVICE[code],
  }));
  return [...generator, ...runtime].sort((a, b) => a.code.localeCompare(b.code));
}

/** `dj1003` and `1003` are understood too. @throws UsageError */
function find(all: readonly Explanation[], asked: string): Explanation {
  const code = `DJ${asked.toUpperCase().replace(/^DJ/, '')}`;
  const found = all.find((one) => one.code === code);
  if (found === undefined) throw new UsageError(`there is no code ${asked}; dal-job explain lists them all`);
  return found;
}

function tell({ code, severity, title, advice }: Explanation): string {
  return `${code} ${severity}: ${title}\n\n${wrap(advice)}`;
}

function wrap(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > COLUMNS) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join('\n');
}
