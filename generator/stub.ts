// Whether a handler's file is still the stub that gen wrote: byte for byte what it writes for that job and some
// description, wherever the generated folder is. Only such a file is ever deleted (when its job is gone) or replaced (when
// a renamed job's handler takes its place): there is nothing in it that somebody typed. Any doubt means it is filled in.
// Line ends do not count, since git changes them. Loads nothing, because every run asks.

const FIRST = String.raw`import \{ NotImplementedError \} from 'dal-job';
import type \{ JobHandler \} from '[^'\n]+';

/\*\*
`;
const LINE = String.raw` \* (?:(?!\*/)[^\n])*`;
const DESCRIPTION = String.raw`(?:(?:${LINE}\S\n)*${LINE}[.!?…。]\n)?`;
const LAST = String.raw` \* Receives \{ [^}\n]* \}\.
(?: \* Returns what becomes of rows that it has not settled itself: 'done' or 'released'\.
)? \*/
export const (?<name>\w+): JobHandler<'\k<name>'> = async \(\) => \{
  throw new NotImplementedError\('\k<name>'\);
\};
`;
/** Of any job: one expression for all of them, because compiling it costs more than using it. */
const STUB = new RegExp(`^${FIRST}${DESCRIPTION}${LAST}$`);

/** The untouched stub of that job. `name` is a job's: letters and digits. */
export function isPristineStub(name: string, text: string): boolean {
  return STUB.exec(text.replaceAll('\r\n', '\n'))?.groups?.name === name;
}
