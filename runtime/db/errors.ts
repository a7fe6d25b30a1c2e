// Placeholder of the shape; see below.
export type DatabaseErrorKind = 'repeat' | 'reconnect' | 'duplicate' | 'bug';

export class DatabaseError extends Error {
  readonly kind: DatabaseErrorKind;
  /** errno of the server, or the driver's or SQLite's code. */
  readonly reason: number | string | undefined;
  /** COMMIT was sent and its reply never came: the transaction may or may not stand. */
  readonly commitUnknown: boolean;
  constructor(kind: DatabaseErrorKind, message: string, options: { cause: unknown; reason?: number | string; commitUnknown?: boolean }) {
    super(message, { cause: options.cause });
    this.name = 'DatabaseError';
    this.kind = kind;
    this.reason = options.reason;
    this.commitUnknown = options.commitUnknown ?? false;
  }
}
