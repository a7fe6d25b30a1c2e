// A Database that answers from a script and writes down every statement it is sent. The protocol's own code is driven
// over it, so that the SQL of docs/protocol.md is the SQL of the code and cannot drift from it.
// Nothing is connected to anything; replies are whatever a scenario says they are.
import { type Database, ROLLBACK } from '../../runtime/db/database.js';
import { type Dialect, type DialectName, dialectOf } from '../../runtime/db/dialect.js';
import type { Reply, SqlValue, Statement, Step } from '../../runtime/db/step.js';
import { tableNames } from '../../runtime/db/tables.js';

/** A statement, or a word of the transaction around it. */
export type Sent = Statement | 'START TRANSACTION' | 'COMMIT' | 'ROLLBACK';

/** What the scripted database answers; undefined: one row changed, or no rows. */
export type Answer = (sql: string) => Partial<Reply> | undefined;

export interface Recorder {
  readonly database: Database;
  readonly sent: Sent[];
}

/** @param now the dialect's clock expression is replaced by this text, where the docs want a short one */
export function createRecorder(name: DialectName, answer: Answer, now?: string): Recorder {
  const sent: Sent[] = [];
  const reply = (sql: string, values: readonly SqlValue[]): Reply => {
    sent.push({ sql, values });
    return { rows: [], affected: 1, ...answer(sql) };
  };
  const dialect: Dialect = now === undefined ? dialectOf(name) : { ...dialectOf(name), now };
  const database: Database = {
    dialect,
    tables: tableNames(''),
    get sequelize(): never {
      throw new Error('the recorder has no Sequelize');
    },
    query: async (sql, values) => reply(sql, values).rows as never,
    execute: async (sql, values) => reply(sql, values).affected,
    transaction: async (step) => inTransaction(sent, step(), reply),
    close: async () => {},
  };
  return { database, sent };
}

function inTransaction<T>(
  sent: Sent[],
  step: Step<T | typeof ROLLBACK>,
  reply: (sql: string, values: readonly SqlValue[]) => Reply,
): T | typeof ROLLBACK {
  sent.push('START TRANSACTION');
  let turn = step.next();
  while (turn.done !== true) turn = step.next(reply(turn.value.sql, turn.value.values));
  sent.push(turn.value === ROLLBACK ? 'ROLLBACK' : 'COMMIT');
  return turn.value;
}
