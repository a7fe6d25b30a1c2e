// What a connection of the protocol sends before anything else, taken from the code that connects: a driver that
// connects to nothing writes it down.
import { connect, type MysqlDriver } from '../../runtime/db/mysql-connection.js';

/** The statements in their order. */
export async function sessionSettings(): Promise<readonly string[]> {
  const sent: string[] = [];
  const raw = {
    on: () => raw,
    connect: (done: () => void) => done(),
    query: ({ sql }: { sql: string }, done: (error: null, result: object) => void) => {
      sent.push(sql);
      done(null, { affectedRows: 0 });
    },
  };
  const driver = { createConnection: () => raw } as unknown as MysqlDriver;
  const url = { kind: 'server', host: '', port: 0, user: '', password: '', database: '' } as const;
  await connect({ driver, url, limitMs: 1_000 });
  return sent;
}
