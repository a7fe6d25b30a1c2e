// CREATE statements for our tables, from tables.ts, for both kinds of database.
// What must hold: every statement can be run again and again (IF NOT EXISTS), and one that fails leaves nothing half
// made: on MySQL a table comes with its indexes in one statement. InnoDB by name, whatever the server's default; ids
// ascii and compared by byte; texts utf8mb4 compared by byte, the same on every server version.
import type { DialectName } from './dialect.js';
import { type Column, type ColumnType, type Index, TABLES, type Table } from './tables.js';

/** Statements that make every table and index that is missing, in order; without `;`. */
export function createTables(dialect: DialectName, prefix: string): readonly string[] {
  if (dialect !== 'sqlite') return TABLES.map((table) => createOnServer(table, prefix));
  return TABLES.flatMap((table) => [
    createOnSqlite(table, prefix),
    ...table.indexes.map((index) => createSqliteIndex(table, index, prefix)),
  ]);
}

/** The statement that makes the table of migrations that were run. */
export function createMigrationTable(dialect: DialectName, prefix: string): string {
  const table = migrationTable(prefix);
  if (dialect === 'sqlite') return `CREATE TABLE IF NOT EXISTS ${table} (name TEXT NOT NULL PRIMARY KEY)`;
  return `CREATE TABLE IF NOT EXISTS ${table} (\n  name VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY\n) ENGINE=InnoDB`;
}

/** Records a migration; says nothing if it is recorded already. One placeholder: its name. */
export function recordMigration(dialect: DialectName, prefix: string): string {
  const insert = dialect === 'sqlite' ? 'INSERT OR IGNORE' : 'INSERT IGNORE';
  return `${insert} INTO ${migrationTable(prefix)} (name) VALUES (?)`;
}

export function migrationTable(prefix: string): string {
  return `${prefix}job_migration`;
}

function createOnServer(table: Table, prefix: string): string {
  const lines = [
    ...table.columns.map((column) => `${serverColumn(column)} COMMENT ${quote(column.comment)}`),
    `PRIMARY KEY (${table.primaryKey.join(', ')})`,
    ...table.indexes.map(
      (index) => `${index.unique ? 'UNIQUE KEY' : 'KEY'} ${prefix}${index.name} ${columnsOf(index)}`,
    ),
  ];
  const options = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin';
  return `CREATE TABLE IF NOT EXISTS ${prefix}${table.name} (\n  ${lines.join(',\n  ')}\n) ${options}`;
}

function createOnSqlite(table: Table, prefix: string): string {
  const lines = [...table.columns.map(sqliteColumn), `PRIMARY KEY (${table.primaryKey.join(', ')})`];
  return `CREATE TABLE IF NOT EXISTS ${prefix}${table.name} (\n  ${lines.join(',\n  ')}\n)`;
}

function createSqliteIndex(table: Table, index: Index, prefix: string): string {
  const kind = index.unique ? 'UNIQUE INDEX' : 'INDEX';
  return `CREATE ${kind} IF NOT EXISTS ${prefix}${index.name} ON ${prefix}${table.name} ${columnsOf(index)}`;
}

function columnsOf(index: Index): string {
  return `(${index.columns.join(', ')})`;
}

function serverColumn(column: Column): string {
  return `${column.name} ${serverType(column.type)}${constraints(column)}`;
}

function sqliteColumn(column: Column): string {
  return `${column.name} ${sqliteType(column.type)}${constraints(column)}`;
}

function constraints(column: Column): string {
  const value = column.default === undefined ? '' : ` DEFAULT ${literal(column.default)}`;
  return (column.nullable ? ' NULL' : ' NOT NULL') + value;
}

function serverType(type: ColumnType): string {
  switch (type.kind) {
    case 'id':
      return `VARCHAR(${type.length}) CHARACTER SET ascii COLLATE ascii_bin`;
    case 'text':
      return `VARCHAR(${type.length})`;
    case 'longtext':
      return 'LONGTEXT';
    case 'bigint':
      return 'BIGINT';
    case 'int':
      return 'INT';
    case 'bool':
      return 'TINYINT(1)';
  }
}

function sqliteType(type: ColumnType): string {
  if (type.kind === 'bool') return 'TINYINT(1)'; // Sequelize reads its booleans by this name
  return type.kind === 'bigint' || type.kind === 'int' ? 'INTEGER' : 'TEXT';
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : quote(value);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
