// The protocol's own few connections to MySQL or MariaDB.
// Why its own: handlers that hold every connection of the application's Sequelize pool must not starve heartbeats'
// siblings: due reads, acquires, finishes. What must hold: last used, first taken, and none taken that was idle for
// longer than MAX_IDLE_MS, because the server ends it after wait_timeout (10 s); so an instance that sends one statement
// each 2.5 s never reconnects. Nothing here repeats a statement.
import { type Clock, stopwatch, systemClock } from '../clock.js';
import { type ConnectOptions, connect, type MysqlConnection, noFreeConnection } from './mysql-connection.js';
import { Permits } from './permits.js';

const MAX_IDLE_MS = 5000;

interface Idle {
  readonly connection: MysqlConnection;
  readonly idleMs: () => number;
}

export class MysqlPool {
  readonly #options: ConnectOptions;
  readonly #clock: Clock;
  readonly #permits: Permits;
  readonly #idle: Idle[] = [];
  readonly #busy = new Set<MysqlConnection>();
  #closed = false;

  constructor(options: ConnectOptions, size: number, clock: Clock = systemClock) {
    this.#options = options;
    this.#clock = clock;
    this.#permits = new Permits(size);
  }

  /** A connection of one's own until `give`. Rejects with the driver's error or a timeout. */
  async take(): Promise<MysqlConnection> {
    if (!(await this.#permits.take(this.#options.limitMs))) throw noFreeConnection(this.#options.limitMs);
    try {
      if (this.#closed) throw new Error('the database was closed');
      const connection = this.#freshest() ?? (await connect(this.#options));
      this.#busy.add(connection);
      return connection;
    } catch (error) {
      this.#permits.give();
      throw error;
    }
  }

  /** One that was made elsewhere and is set up: the next to be taken. */
  adopt(connection: MysqlConnection): void {
    this.#idle.push({ connection, idleMs: stopwatch(this.#clock) });
  }

  give(connection: MysqlConnection): void {
    this.#busy.delete(connection);
    if (this.#closed) connection.destroy();
    if (connection.usable) this.#idle.push({ connection, idleMs: stopwatch(this.#clock) });
    this.#dropStale();
    this.#permits.give();
  }

  /** Says goodbye to idle connections and destroys those in use, whose statements reject. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const connection of this.#busy) connection.destroy();
    await Promise.all(this.#idle.splice(0).map(({ connection }) => connection.end()));
  }

  #freshest(): MysqlConnection | undefined {
    this.#dropStale();
    return this.#idle.pop()?.connection;
  }

  // The oldest are at the front: connections are put back and taken at the end.
  #dropStale(): void {
    const kept = this.#idle.filter(({ connection, idleMs }) => connection.usable && idleMs() <= MAX_IDLE_MS);
    for (const idle of this.#idle) if (!kept.includes(idle)) void idle.connection.end();
    this.#idle.splice(0, this.#idle.length, ...kept);
  }
}
