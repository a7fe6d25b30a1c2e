// A command's time with the database: opened, checked, asked, closed whatever happens. It joins nothing and owns nothing.
import { Admin } from '../runtime/admin.js';
import type { Database } from '../runtime/db/database.js';
import { checkTables } from '../runtime/db/migrate.js';
import { openDatabase } from '../runtime/db/open.js';
import { DalJobError } from '../runtime/errors.js';
import { type DatabaseOwner, databaseUrl, type Project } from './project.js';

export interface Session<Owner extends DatabaseOwner = Project> {
  readonly project: Owner;
  readonly database: Database;
  readonly admin: Admin;
}

/** Opens the project's database as it is, tables or not. @throws DalJobError DJ2001–DJ2005, DJ2008 */
export function open(project: DatabaseOwner): Promise<Database> {
  const { tablePrefix } = project.registry.database;
  return openDatabase({ url: databaseUrl(project), tablePrefix });
}

/** Runs `work` on the project's database. @throws DalJobError DJ2001–DJ2008 */
export async function withSession<T, Owner extends DatabaseOwner>(
  project: Owner,
  work: (session: Session<Owner>) => Promise<T>,
): Promise<T> {
  const database = await open(project);
  try {
    await checkTables(database).catch((error: unknown) => {
      throw withoutSql(error);
    });
    return await work({ project, database, admin: new Admin(database, project.registry.app) });
  } finally {
    await database.close();
  }
}

// Who only asks need not be told how to create tables by hand.
function withoutSql(error: unknown): unknown {
  if (!(error instanceof DalJobError) || error.code !== 'DJ2006') return error;
  const message = 'The tables of dal-job are missing: start an instance, or run npx dal-job migrate.';
  return new DalJobError('DJ2006', message, { cause: error });
}

/** An instance of the application, living or not. */
export interface Owner {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
}

/** Instances by id. @throws DatabaseError */
export async function readOwners(
  database: Database,
  ids: readonly (string | null)[],
): Promise<ReadonlyMap<string, Owner>> {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  if (wanted.length === 0) return new Map();
  const places = wanted.map(() => '?').join(', ');
  const sql = `SELECT id, host, pid FROM ${database.tables.job_instance} WHERE id IN (${places})`;
  return new Map((await database.query<Owner>(sql, wanted)).map((owner) => [owner.id, owner]));
}

/** Instances of the application that run its jobs and hold a lease, oldest first: who only asks is none. @throws DatabaseError */
export function readLiving(database: Database, app: string): Promise<readonly Owner[]> {
  const { tables, dialect } = database;
  const sql = `SELECT id, host, pid FROM ${tables.job_instance}
    WHERE app = ? AND state = 'ALIVE' AND scheduling = 1 AND lease_until > ${dialect.now} ORDER BY started_at, id`;
  return database.query<Owner>(sql, [app]);
}

/** The database's clock. @throws DatabaseError */
export async function databaseNow(database: Database): Promise<number> {
  const [row] = await database.query<{ now_ms: number }>(`SELECT ${database.dialect.now} AS now_ms`, []);
  return row?.now_ms ?? Date.now();
}
