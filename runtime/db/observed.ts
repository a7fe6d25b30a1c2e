// A database whose statements a test's clock knows of: time stands still while one is under way. What must hold: nothing else
// differs; the application's own statements, through its Sequelize, are no concern of this.
import type { Sequelize } from 'sequelize';
import type { Clock } from '../clock.js';
import type { Database, ROLLBACK } from './database.js';
import type { SqlValue, Step } from './step.js';

export class ObservedDatabase implements Database {
  readonly dialect: Database['dialect'];
  readonly tables: Database['tables'];
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.dialect = database.dialect;
    this.tables = database.tables;
    this.#database = database;
    this.#clock = clock;
  }

  get sequelize(): Sequelize {
    return this.#database.sequelize;
  }

  query<Row>(sql: string, values: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#clock.during('statement', () => this.#database.query<Row>(sql, values));
  }

  execute(sql: string, values: readonly SqlValue[]): Promise<number> {
    return this.#clock.during('statement', () => this.#database.execute(sql, values));
  }

  transaction<T>(step: () => Step<T | typeof ROLLBACK>): Promise<T | typeof ROLLBACK> {
    return this.#clock.during('statement', () => this.#database.transaction(step));
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
