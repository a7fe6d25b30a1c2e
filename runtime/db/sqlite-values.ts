// Values on their way into and out of libsql.
// What must hold: a whole number arrives as an INTEGER (libsql binds every JavaScript number as REAL, and a text column
// would store 5 as '5.0'); nothing reaches libsql that makes it abort the process, as a boolean does.

export function toSqlite(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return value;
}

/** Blobs come as ArrayBuffer; Sequelize, as every other driver, has Buffers. Changes the rows in place. */
export function withBuffers(rows: readonly unknown[]): readonly unknown[] {
  for (const row of rows as Record<string, unknown>[]) {
    for (const name in row) {
      const value = row[name];
      if (value instanceof ArrayBuffer) row[name] = Buffer.from(value);
    }
  }
  return rows;
}
