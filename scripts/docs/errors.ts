// docs/errors.md, from the two tables of codes.
import { explanations } from '../../cli/explain.js';
import { GENERATOR_CODES } from '../../generator/codes.js';

const HEAD = `<!-- Made by \`npm run docs\` from generator/codes.ts and runtime/errors.ts. Do not edit. -->
# Errors

Every problem that dal-job reports has a code. Codes are stable: one code is one cause, and none is ever used for another.
\`dal-job explain DJ1003\` says in the terminal what stands here.

- **DJ1…** come from \`dal-job gen\`, with file, line and column. All problems of a file are told at once, as text the first twenty, with \`--format json\` every one; with an error nothing is written.
- **DJ2…** are about configuration and start: the process does not start.
- **DJ3…** are about runs: they end one run (see \`job_log\`), or are the reason of a handler's \`signal\`.
- **DJ4…** answer a request: a trigger, pause or resume that cannot be done.
- **DJ5…** are bugs of dal-job.
- **DJ6…** are about calls of services, and about the records of those calls.

An error thrown by the library is a \`DalJobError\`: \`error.code\` is the code, \`error.fields\` holds what the message names.`;

/** The whole file. */
export async function errorDocs(): Promise<string> {
  const all = await explanations();
  const isGenerators = ({ code }: { code: string }) => Object.hasOwn(GENERATOR_CODES, code);
  const generator = all
    .filter(isGenerators)
    .map(({ code, severity, title, advice }) => row([code, severity, title, advice]));
  const runtime = all.filter((one) => !isGenerators(one)).map(({ code, title, advice }) => row([code, title, advice]));
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
