// Whether a handler's file is still the stub that gen wrote: byte for byte what it writes for that job and its description,
// wherever the generated folder is. Only such a file is ever deleted (when its job is gone) or replaced (when a renamed
// job's handler takes its place): there is nothing in it that somebody typed. Any doubt means it is filled in; so a comment
// that says more than the description that is known was typed by somebody. Line ends do not count, since git changes them.
// Loads nothing, because every run asks.
import { descriptionLines, inComment } from './comment.js';

const FIRST = String.raw`import \{ NotImplementedError \} from 'dal-job';
import type \{ JobHandler \} from '[^'\n]+';

/\*\*
`;
const LINE = String.raw` \* (?:(?!\*/)[^\n])*`;
const DESCRIPTION = String.raw`(?<description>(?:${LINE}\n)*?)`;
const LAST = String.raw` \* Receives \{ [^}\n]* \}\.
(?: \* Returns what becomes of rows that it has not settled itself: 'done' or 'released'\.
)? \*/
export const (?<name>\w+): JobHandler<'\k<name>'> = async \(\) => \{
  throw new NotImplementedError\('\k<name>'\);
\};
`;
/** Of any job: one expression for all of them, because compiling it costs more than using it. */
const STUB = new RegExp(`^${FIRST}${DESCRIPTION}${LAST}$`);

/** The stub of that job, whatever its comment describes. `name` is a job's: letters and digits. */
export function isStub(name: string, text: string): boolean {
  return described(name, text) !== null;
}

/** The stub of that job as it was made. `descriptionOf` is asked only for what the job was described as, null: not known. */
export function isPristineStub(name: string, text: string, descriptionOf: () => string | null): boolean {
  const found = described(name, text);
  if (found === null || found === '') return found === '';
  const made = descriptionLines(descriptionOf() ?? '').map((line) => `${inComment(line)}\n`);
  return found === made.join('');
}

/** The lines of the comment that describe the job; null: no stub of it. */
function described(name: string, text: string): string | null {
  const groups = STUB.exec(text.replaceAll('\r\n', '\n'))?.groups;
  return groups?.name === name ? (groups.description ?? '') : null;
}
