// Statements of ours inside a transaction of the application's, through the application's own Sequelize; and the question
// whether that Sequelize is one over our database.
// What must hold: what is recorded of a call leaves neither in Sequelize's log nor in an error. Nothing here reads job_instance inside such a transaction: at SERIALIZABLE that would lock the row that the heartbeat writes.
import { realpathSync } from 'node:fs';
import type { Sequelize, Transaction } from 'sequelize';
import type { Database } from './database.js';
import { classify } from './errors.js';
import type { Statement } from './step.js';

type Owned = Transaction & {
  readonly sequelize?: Sequelize;
  readonly parent?: Owned;
  readonly finished?: 'commit' | 'rollback';
};

/** The Sequelize that a transaction was begun with; undefined: it is no transaction. */
export function ownerOf(transaction: Transaction | undefined): Sequelize | undefined {
  return (transaction as Owned | undefined)?.sequelize;
}

/** Calls back once what was done in the transaction stands: the outermost has ended with COMMIT, and no savepoint was rolled back. */
export function onCommit(transaction: Transaction, callback: () => void): void {
  const levels: Owned[] = [];
  for (let at: Owned | undefined = transaction as Owned; at; at = at.parent) levels.push(at);
  levels.at(-1)?.afterCommit(() => {
    if (levels.every(({ finished }) => finished !== 'rollback')) callback();
  });
}

/** Rows changed. Placeholders must not follow `<` directly: Sequelize 6 would leave them in the text. */
export async function executeWithin(
  sequelize: Sequelize,
  transaction: Transaction,
  { sql, values }: Statement,
): Promise<number> {
  const owner = ownerOf(transaction) ?? sequelize;
  const options = { replacements: [...values], transaction, type: 'UPDATE' as never, logging: false };
  const [, changed] = await owner.query(sql, options);
  return Number(changed);
}

/** As executeWithin. @throws DatabaseError, without the SQL and its values */
export function changeWithin(transaction: Transaction, statement: Statement): Promise<number> {
  return told(executeWithin(ownerOf(transaction) as Sequelize, transaction, statement));
}

/** Rows read. @throws DatabaseError */
export async function queryWithin<Row>(transaction: Transaction, { sql, values }: Statement): Promise<readonly Row[]> {
  const owner = ownerOf(transaction) as Sequelize;
  const options = { replacements: [...values], transaction, type: 'SELECT' as never, logging: false };
  return (await told(owner.query(sql, options))) as unknown as readonly Row[];
}

/** What Sequelize 6 makes its connections with, for its pool and beside it. */
interface Connecting {
  readonly config: { readonly replication?: { readonly write: object } | false };
  _connect(config: object): Promise<object>;
  _disconnect(connection: object): Promise<void>;
}

/**
 * One autocommitted read of the writer, whatever transaction is going on, on a connection beside the pool: all of those in
 * the pool may be held by transactions that wait for this answer. @throws DatabaseError
 */
export async function queryBeside<Row>(owner: Sequelize, { sql, values }: Statement): Promise<readonly Row[]> {
  const { connectionManager: manager } = owner as unknown as { readonly connectionManager: Connecting };
  const connection = await told(manager._connect(writerOf(manager)));
  try {
    const options = { replacements: [...values], transaction: { connection }, type: 'SELECT' as never, logging: false };
    return (await told(owner.query(sql, options as never))) as unknown as readonly Row[];
  } finally {
    manager._disconnect(connection).catch(() => {});
  }
}

function writerOf({ config }: Connecting): object {
  return config.replication ? config.replication.write : config;
}

/** As their settings tell it. `ask`: two names may mean one server. */
export function compareDatabases(ours: Sequelize, other: Sequelize): 'same' | 'other' | 'ask' {
  if (ours === other) return 'same';
  const dialects = [ours, other].map((one) => one.getDialect().replace('mariadb', 'mysql'));
  if (dialects[0] !== dialects[1]) return 'other';
  if (dialects[0] === 'sqlite') return samePath(storageOf(ours), storageOf(other)) ? 'same' : 'other';
  const [mine, theirs] = [addressOf(ours), addressOf(other)];
  if (mine.database !== theirs.database) return 'other';
  return mine.host === theirs.host && mine.port === theirs.port && !theirs.replicated ? 'same' : 'ask';
}

function addressOf(sequelize: Sequelize): { database: unknown; host: unknown; port: number; replicated: boolean } {
  const { config, options } = sequelize as unknown as Record<'config' | 'options', Record<string, unknown>>;
  const socket = (options.dialectOptions as { socketPath?: string } | undefined)?.socketPath;
  const replicated = Boolean(options.replication);
  return { database: config.database, host: socket ?? config.host, port: Number(config.port ?? 3306), replicated };
}

function storageOf(sequelize: Sequelize): string {
  const { options } = sequelize as unknown as { options: { storage?: string; host?: string } };
  return options.storage ?? options.host ?? ':memory:';
}

function samePath(mine: string, theirs: string): boolean {
  if (mine === ':memory:' || theirs === ':memory:') return false; // each its own
  try {
    return realpathSync(mine) === realpathSync(theirs);
  } catch {
    return mine === theirs;
  }
}

async function told<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw classify((error as { original?: unknown }).original ?? error);
  }
}

/** A transaction of the application's Sequelize at READ COMMITTED; on SQLite there is one writer, and nothing to choose. */
export function readCommitted<T>(
  { sequelize, dialect }: Pick<Database, 'sequelize' | 'dialect'>,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  if (dialect.name === 'sqlite') return sequelize.transaction(work);
  return sequelize.transaction({ isolationLevel: 'READ COMMITTED' as never }, work);
}
