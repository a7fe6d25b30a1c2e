// handlers/jobs/<job>.ts: the stub a user fills in, made once and never touched again.
// Of the job it knows the name (and in a comment the description and what it is handed): everything that can change is behind the generated
// alias JobHandler<'name'>, so that no later change of jobs.yaml has anything to say to this file. No unused
// parameters: strict projects refuse them.
import { descriptionLines, inComment } from '../comment.js';
import type { Folders, ModelJob } from '../model.js';
import { specifier } from './imports.js';

const PLAIN = ['Receives { fireTime, input, attempt, services, signal, log, … }.'];
const CLAIM = [
  'Receives { rows, done, fail, transaction, services, signal, log, … }.',
  "Returns what becomes of rows that it has not settled itself: 'done' or 'released'.",
];

/** The text of a job's stub. */
export function handlerStub(job: ModelJob, { output, handlers }: Folders): string {
  const types = specifier(`${handlers}/jobs`, `${output}/index.ts`);
  const lines = [
    "import { NotImplementedError } from 'dal-job';",
    `import type { JobHandler } from '${types}';`,
    '',
    '/**',
    ...[...descriptionLines(job.definition.description), ...(job.claim === undefined ? PLAIN : CLAIM)].map(inComment),
    ' */',
    `export const ${job.name}: JobHandler<'${job.name}'> = async () => {`,
    `  throw new NotImplementedError('${job.name}');`,
    '};',
  ];
  return `${lines.join('\n')}\n`;
}
