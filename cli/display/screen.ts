// Where the live display writes: lines that stay, and on a terminal one last line that is drawn anew. Whatever else writes
// to the same terminal (a handler's console.log) must not end up inside that last line, so it is taken away first.
import { fold } from './fold.js';

const CLEAR_LINE = '\r\u001b[2K';

export class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #write: NodeJS.WriteStream['write'];
  readonly #live: boolean;
  #footer = '';

  /** @param live a terminal: the footer is shown */
  constructor(stream: NodeJS.WriteStream, live: boolean) {
    this.#stream = stream;
    this.#live = live;
    this.#write = stream.write.bind(stream) as NodeJS.WriteStream['write'];
    if (live) stream.write = this.#writeOfOthers.bind(this) as NodeJS.WriteStream['write'];
  }

  /** @param indent where what does not fit goes on, on a terminal; elsewhere lines stay whole */
  line(text: string, indent = 10): void {
    const folded = this.#live ? fold(text, this.#columns, indent) : text;
    this.#write(`${this.#footer === '' ? '' : CLEAR_LINE}${folded}\n${this.#footer}`);
  }

  /** Some terminals do not know, or say 0. */
  get #columns(): number {
    return this.#stream.columns || 80;
  }

  /** Draws the last line anew; cut to the terminal's width, '' takes it away. */
  footer(text: string): void {
    if (!this.#live) return;
    const columns = this.#columns;
    const cut = text.length < columns ? text : `${text.slice(0, columns - 2)}…`;
    this.#write(`${this.#footer === '' ? '' : CLEAR_LINE}${dim(cut)}`);
    this.#footer = cut === '' ? '' : dim(cut);
  }

  /** Gives the stream back as it was. */
  close(): void {
    this.footer('');
    if (this.#live) this.#stream.write = this.#write;
  }

  #writeOfOthers(...parameters: Parameters<NodeJS.WriteStream['write']>): boolean {
    if (this.#footer !== '') this.#write(CLEAR_LINE);
    this.#footer = '';
    return this.#write(...parameters);
  }
}

function dim(text: string): string {
  return process.env.NO_COLOR || text === '' ? text : `\u001b[2m${text}\u001b[0m`;
}
