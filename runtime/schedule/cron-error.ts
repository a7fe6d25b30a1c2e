// The one error of this room: text that is no schedule, and where in the text the fault lies.
//
// Every message names the field, the value and what is allowed; the hint says what to write instead.
// Offsets count UTF-16 units from the start of the text exactly as it was given, so that a caller can
// underline the fault in its own source. Never thrown for a schedule that merely has no fire left.

/** A stretch of an expression: its text and where it begins in the whole. */
export interface Token {
  readonly text: string;
  readonly offset: number;
}

/**
 * A cron expression (or time zone) that cannot be used. `offset` and `length` mark the part at fault in the text that was
 * given; `hint`, when present, is one short sentence that says what to write instead.
 */
export class CronError extends Error {
  readonly offset: number;
  readonly length: number;
  readonly hint?: string;

  constructor(message: string, at: { offset: number; length: number; hint?: string | undefined }) {
    super(message);
    this.name = 'CronError';
    this.offset = at.offset;
    this.length = at.length;
    if (at.hint !== undefined) this.hint = at.hint;
  }
}

/** Throws the CronError that underlines `token`. */
export function reject(token: Token, message: string, hint?: string): never {
  throw new CronError(message, { offset: token.offset, length: token.text.length, hint });
}

/** The pieces of a field's `token` between separators; an empty piece is an error that names the field. */
export function splitToken(token: Token, separator: string, field: string): Token[] {
  let offset = token.offset;
  return token.text.split(separator).map((text) => {
    const piece = { text, offset };
    offset += text.length + separator.length;
    if (text === '') reject(token, `${field} "${token.text}" lacks a value beside "${separator}"`);
    return piece;
  });
}
