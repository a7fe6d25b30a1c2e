// A protocol step: a generator that yields statements and is sent their replies.
// Why generators: on MySQL a step is driven over round trips, on SQLite it must run synchronously between BEGIN
// IMMEDIATE and COMMIT with no await between (a second writer of the same process would interleave). Written so,
// each step exists once and cannot await anything but the database. A step must be repeatable from the start:
// the database runs a fresh one after a deadlock. It may never touch anything outside but its own variables.

/** What a placeholder `?` may stand for. Never an object: drivers expand those into SQL. */
export type SqlValue = string | number | null;

export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

export interface Reply {
  readonly rows: readonly unknown[];
  /** Rows changed (on every dialect). */
  readonly affected: number;
}

export type Step<T> = Generator<Statement, T, Reply>;

/** Reads rows. */
export function* rows<Row>(sql: string, values: readonly SqlValue[]): Step<readonly Row[]> {
  const reply = yield { sql, values };
  return reply.rows as readonly Row[];
}

/** Writes, and says how many rows changed. */
export function* affected(sql: string, values: readonly SqlValue[]): Step<number> {
  const reply = yield { sql, values };
  return reply.affected;
}
