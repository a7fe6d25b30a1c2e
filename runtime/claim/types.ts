// Which types of columns a kind of jobs.yaml can be, and which to make where one is missing. SQLite keeps anything in any
// column, so that there only what could not be meant is refused.
import type { ClaimColumnKind } from '../claim-types.js';
import type { DialectName } from '../db/dialect.js';

const INTEGERS = /^((tiny|small|medium|big)?int|integer|year)$/;
const NUMBERS = /^(decimal|numeric|float|double|real)$/;
const TEXTS = /^(var)?char$|^(tiny|medium|long)?text$|^enum$|^set$|^uuid$/;
const TIMES = /^(datetime|timestamp)$/;
const BINARY = /binary$|blob$|^bit$|^geometry$|point$|polygon$|linestring$|^vector$/;

/** Can a column of that type hold values of that kind? */
export function typeFits(kind: ClaimColumnKind, type: string, dialect: DialectName): boolean {
  if (dialect === 'sqlite') return fitsOnSqlite(kind, type);
  switch (kind) {
    case 'integer':
    case 'boolean':
      return INTEGERS.test(type);
    case 'number':
      return INTEGERS.test(type) || NUMBERS.test(type);
    case 'date-time':
      return TIMES.test(type);
    case 'json':
      return type === 'json' || TEXTS.test(type);
    case 'string':
      return !BINARY.test(type);
  }
}

function fitsOnSqlite(kind: ClaimColumnKind, type: string): boolean {
  if (kind === 'integer' || kind === 'number' || kind === 'boolean') return !/char|clob|text|blob|date|time/.test(type);
  return kind === 'date-time' ? !/blob|bool/.test(type) : !/blob/.test(type);
}

const SERVER_TYPES: Readonly<Record<ClaimColumnKind, string>> = {
  integer: 'BIGINT NULL',
  number: 'DOUBLE NULL',
  boolean: 'TINYINT(1) NULL',
  string: 'VARCHAR(255) NULL',
  'date-time': 'DATETIME(3) NULL',
  json: 'JSON NULL',
};
const SQLITE_TYPES: Readonly<Record<ClaimColumnKind, string>> = {
  integer: 'INTEGER NULL',
  number: 'REAL NULL',
  boolean: 'TINYINT(1) NULL',
  string: 'TEXT NULL',
  'date-time': 'DATETIME NULL',
  json: 'JSON NULL',
};

/** A type to add a missing column with. */
export function columnType(kind: ClaimColumnKind, dialect: DialectName): string {
  return (dialect === 'sqlite' ? SQLITE_TYPES : SERVER_TYPES)[kind];
}

export function claimKeyType(dialect: DialectName): string {
  return dialect === 'sqlite' ? 'VARCHAR(64) NULL' : 'VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL';
}
