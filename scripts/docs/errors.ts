// docs/errors.md, from the two tables of codes.
import { GENERATOR_CODES } from '../../generator/codes.js';
import { ERROR_CODES, type ErrorCode } from '../../runtime/errors.js';
import { ADVICE } from './advice.js';

const HEAD = `<!-- Made by \`npm run docs\` from generator/codes.ts and runtime/errors.ts. Do not edit. -->
# Errors

Every problem that dal-job reports has a code. Codes are stable: one code is one cause, and none is ever used for another.

- **DJ1…** come from \`dal-job gen\`, with file, line and column. All problems of a file are told at once; with an error nothing is written.
- **DJ2…** are about configuration and start: the process does not start.
- **DJ3…** are about runs: they end one run (see \`job_log\`), or are the reason of a handler's \`signal\`.
- **DJ4…** answer a request: a trigger, pause or resume that cannot be done.
- **DJ5…** are bugs of dal-job.

An error thrown by the library is a \`DalJobError\`: \`error.code\` is the code, \`error.fields\` holds what the message names.`;

/** The whole file. */
export function errorDocs(): string {
  const generator = Object.entries(GENERATOR_CODES).map(([code, entry]) =>
    row([code, entry.severity, entry.title, entry.explain]),
  );
  const runtime = (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => row([code, ERROR_CODES[code], ADVICE[code]]));
  return [
    HEAD,
    '',
    '## From the generator',
    '',
    '| code | | what is wrong | why, and what to do |',
    '|---|---|---|---|',
    ...generator,
    '',
    '## From the runtime',
    '',
    '| code | what is wrong | what to do |',
    '|---|---|---|',
    ...runtime,
    '',
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
