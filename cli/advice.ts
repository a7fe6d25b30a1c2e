// What to do about each error of the runtime, for `dal-job explain` and docs/errors.md. The codes and their titles are in runtime/errors.ts;
// tsc sees to it that each has its advice. (The generator's codes carry theirs.)
import type { ErrorCode } from '../runtime/errors.js';

export const ADVICE: Readonly<Record<ErrorCode, string>> = {
  DJ2001:
    'Give `mysql://user:password@host:3306/database`, `mariadb://…` or `sqlite:path`; characters such as `@ / # ? %` in user and password are percent-encoded. An option that is not known is an error, too: a mistyped TLS option must not be ignored.',
  DJ2002: 'Install what the message names: `npm i mysql2`, or `npm i libsql` for SQLite.',
  DJ2003:
    'The message says why: nothing listens there, no such host, no such database, or the server refuses the user. Only the first connection is refused so; a database that goes away later is waited for.',
  DJ2004: 'Use MySQL 8.0.1 or MariaDB 10.6 at least, with InnoDB as the default engine.',
  DJ2005:
    'A server: most likely this is a replica, point the URL at the primary. A SQLite file: the user of the process must be allowed to write it, and to make files beside it.',
  DJ2006:
    'This user may not create tables. Have the SQL of the message run by someone who may (`dal-job migrate --sql` prints it, too).',
  DJ2007: 'Run `npx dal-job gen` and build again. Production images carry no jobs.yaml, and then nothing is compared.',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what the reader should write
  DJ2008: 'Set the variable, or write a default in jobs.yaml: `${NAME:-default}`.',
  DJ2009: 'Call `await app.start()` before anything that needs the database.',
  DJ2010: 'Correct the option that the message names.',
  DJ2011:
    'The tables were made by another version or by hand: the message names what is missing. Run `dal-job migrate` with the version that is deployed.',
  DJ2012:
    'The message says what stands in the way. For a server name its URL beside the instance: `createApp({ sequelize, database: { url } })`.',
  DJ3001: 'Fill in the body of the handler. Such a run fails and is never retried.',
  DJ3002:
    'A reason of `ctx.signal`: this instance could not renew its lease (database unreachable, process frozen). Stop what you do; somebody else may own the job by now. The instance comes back by itself under a new id.',
  DJ3003: 'Thrown by `ctx.guard`: let it pass, so that your transaction rolls back.',
  DJ3004: 'A reason of `ctx.signal`: end the work, or give the job a longer `timeout`.',
  DJ3005:
    'A reason of `ctx.signal`: the process was asked to end and `shutdownMs` is over. The run ends as `cancelled`; with `onLost: rerun` another instance runs it again.',
  DJ3006:
    'The file of the handler throws while it loads, or exports no function of the name of its job. Only runs of this job fail.',
  DJ3007: 'Trigger the job again with an input that fits; the stored one was made for another version of jobs.yaml.',
  DJ4001: 'Is the name right, and was an instance with this job ever started on this database?',
  DJ4002: 'Wait for it: it runs as soon as the job is free. One request a job can wait.',
  DJ4003:
    'Resume the job, or force the trigger; where a run that was cut short waits to be repeated, only the former helps.',
  DJ4004: 'The message says which part of the input does not fit.',
  DJ4005: 'Start an instance whose jobs.yaml has this job.',
  DJ4010:
    'Wait until the run has ended (`dal-job status`). A run whose instance was killed ends when a living instance finds it.',
  DJ4011:
    'Stop the instances and run the command again. Or rename the files with `--no-database`, deploy, and run the command where the new version runs.',
  DJ6020:
    'A note in a record that was ended as DEAD: its method is gone from jobs.yaml. When a version that has it runs, `dal-job retries requeue` the record; else discard it.',
  DJ6021:
    'A note in a record that was ended as DEAD: the schema of its arguments has changed. Set `retry.upcast` and turn them into those of today, then `dal-job retries requeue` the record.',
  DJ6022: 'It can be paused and resumed. To make a record again now, `dal-job retries requeue` it.',
  DJ6023: '`dal-job retries` lists those that there are; finished ones are deleted after `retry.keep`.',
  DJ6024: 'The message says how the record stands. `dal-job retries show` tells more.',
  DJ7001:
    'The message names each thing that does not fit, with the statement that mends it. Run those, then start again; or correct `claim` in jobs.yaml.',
  DJ7002: 'Hand `done()` and `fail()` the very objects of `rows`, each once.',
  DJ7003:
    'Thrown by `done()` and `fail()`: this instance lost its lease, and others may have the row by now. Let it pass, so that your transaction rolls back.',
  DJ7004:
    'A handler that returns `"done"`, or nothing, settles its batch, so one that never asked for `rows` is taken for a mistake: use `ctx.rows`, return `"released"`, or take `claim` from the job.',
  DJ7005:
    'Thrown by `done()` and `fail()` after some seconds of waiting. A handler that has changed the row in a transaction settles it in the same one: `done(row, { transaction })`.',
  DJ5001: 'Please report it, with the log line that carries it.',
  DJ6001:
    'The message names the argument and what to pass instead. Records are JSON: what JSON would change, a retry would get changed.',
  DJ6002: 'Pass a key to the data instead of the data, or raise the option `maxPayloadBytes`. Nothing was executed.',
  DJ6003:
    'The message says which part does not fit. A property that the type lacks: pick the fields, add it to the type, or set `additionalProperties: true` there. Nothing was executed.',
  DJ6004:
    'Set `DAL_JOB_SECRET_KEYS` to `id=<base64 of 32 bytes>`, several with commas; the first encrypts, all decrypt. Make one with `openssl rand -base64 32`.',
  DJ6005:
    'The database refused the record, or did not answer; `cause` says which. The method was not called: call again when the database is back.',
  DJ6006:
    'The file of the implementation throws while it loads, or lacks the export or method that the message names. Only calls of this service fail.',
  DJ6007:
    'The record must be part of the transaction, so the transaction has to be of the database in which dal-job has its tables: `app.sequelize`, or a Sequelize of yours with the same host, port and database.',
  DJ6008:
    'The record was made by another version of jobs.yaml. Write an `upcastX` in the implementation (`upcast: true`), or make the call again and discard the record.',
  DJ6009:
    'The key that the message names is not in `DAL_JOB_SECRET_KEYS`, or has another value. Put it back behind the newer ones, then `dal-job retries requeue`.',
  DJ6010:
    'The companion `retryX` answered something else than true, which means: not done yet. Nothing is wrong if it meant that.',
  DJ6011:
    'Call `callContext()` from a handler or from the implementation of a service, or from what they call and await.',
  DJ6012: 'The name is not one of jobs.yaml, or its `retry.mode` is not the one that is needed here.',
  DJ6013: 'The key of an afterward call is a text of at most 255 characters, or an integer. Nothing was executed.',
  DJ6014:
    'The instance is shutting down, or lost its lease and comes back in a moment under a new id. Nothing was executed.',
};
