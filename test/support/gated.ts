// A Database that stops before each of its statements until a test lets it go on: two of them interleave as the test says, and
// one can be killed between any two statements. What must hold: transactions are begun, repeated and ended as
// runtime/db/mysql.ts does it; a statement that waits for a row of the other one is not waited for.
import { type Database, ROLLBACK } from '../../runtime/db/database.js';
import { classify } from '../../runtime/db/errors.js';
import { connect, loadMysql, type MysqlConnection } from '../../runtime/db/mysql-connection.js';
import type { Reply, SqlValue, Step } from '../../runtime/db/step.js';
import { parseUrl, type ServerUrl } from '../../runtime/db/url.js';

/** A statement that takes longer waits for a lock. */
const BLOCKED_MS = 60;

export class Gated {
  readonly database: Database;
  readonly sent: string[] = [];
  readonly #connection: MysqlConnection;
  #goOn: (() => void) | null = null;
  #settled = false;
  #changed = () => {};

  private constructor(real: Database, connection: MysqlConnection) {
    this.#connection = connection;
    const query = async (sql: string, values: readonly SqlValue[]) => (await this.#single(sql, values)).rows;
    const execute = async (sql: string, values: readonly SqlValue[]) => (await this.#single(sql, values)).affected;
    const transaction = (step: () => Step<unknown>) => this.#transaction(step);
    this.database = Object.create(real, {
      ...{ query: { value: query }, execute: { value: execute }, transaction: { value: transaction } },
      ...{ dialect: { value: real.dialect }, tables: { value: real.tables } },
    });
  }

  static async open(real: Database, url: string): Promise<Gated> {
    return new Gated(
      real,
      await connect({ driver: await loadMysql(), url: parseUrl(url) as ServerUrl, limitMs: 5_000 }),
    );
  }

  /** Starts the work; it stops before its first statement. */
  async begin<T>(work: () => Promise<T>): Promise<{ result?: T; error?: unknown }> {
    const outcome: { result?: T; error?: unknown } = {};
    void work()
      .then(
        (result) => Object.assign(outcome, { result }),
        (error: unknown) => Object.assign(outcome, { error }),
      )
      .finally(() => {
        this.#settled = true;
        this.#changed();
      });
    await this.#rest();
    return outcome;
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Sends one statement, and waits until the work stands before the next. false: it has ended, or waits for a lock. */
  async one(): Promise<boolean> {
    if (this.#settled) return false;
    const goOn = this.#goOn;
    this.#goOn = null;
    goOn?.();
    await this.#rest();
    return this.#goOn !== null;
  }

  /** Like a process that is killed: the server rolls back what was not committed. */
  kill(): void {
    this.#settled = true;
    this.#connection.destroy();
  }

  async #rest(): Promise<void> {
    if (this.#goOn !== null || this.#settled) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, BLOCKED_MS);
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #send(sql: string, values: readonly SqlValue[] = []): Promise<Reply> {
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
      this.#changed();
    });
    this.sent.push(sql.trim().slice(0, 30));
    return this.#connection.send(sql, values);
  }

  async #single(sql: string, values: readonly SqlValue[]): Promise<Reply> {
    try {
      return await this.#send(sql, values);
    } catch (error) {
      throw classify(error);
    }
  }

  async #transaction(step: () => Step<unknown>): Promise<unknown> {
    for (let run = 1; ; run += 1) {
      try {
        return await this.#runOnce(step());
      } catch (error) {
        await this.#connection.send('ROLLBACK', []);
        const known = classify(error);
        if (known.kind !== 'repeat' || run === 3) throw known;
      }
    }
  }

  async #runOnce(step: Step<unknown>): Promise<unknown> {
    await this.#send('START TRANSACTION');
    let turn = step.next();
    while (turn.done !== true) turn = step.next(await this.#send(turn.value.sql, turn.value.values));
    await this.#send(turn.value === ROLLBACK ? 'ROLLBACK' : 'COMMIT');
    return turn.value;
  }

  async close(): Promise<void> {
    this.#connection.destroy();
  }
}

/** `first` sends so many statements, `second` so many unless it has to wait, then `first` ends and then `second`. */
export async function interleave(first: Gated, second: Gated, [k, j]: readonly [number, number]): Promise<void> {
  for (let at = 0; at < k && (await first.one()); at += 1);
  for (let at = 0; at < j && (await second.one()); at += 1);
  while (!(first.settled && second.settled)) {
    while (await first.one());
    while (await second.one());
  }
}
