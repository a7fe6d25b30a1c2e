// Every error the runtime raises, in one table: DJ2 configuration and start, DJ3 runs and leases, DJ4 requests, DJ6 calls,
// DJ7 claims.
// (The generator's own codes, DJ1, are in generator/codes.ts.) Codes are never reused. A leaf: imports nothing.

export const ERROR_CODES = {
  DJ2001: 'The database URL is missing or cannot be read',
  DJ2002: 'The database driver is not installed',
  DJ2003: 'The database cannot be reached',
  DJ2004: 'The database server is too old or lacks what the protocol needs',
  DJ2005: 'The database is read-only or the user may not write',
  DJ2006: 'The tables are missing and may not be created',
  DJ2007: 'generated/ does not match jobs.yaml',
  DJ2008: 'An environment variable that jobs.yaml names is not set',
  DJ2009: 'The app is not started',
  DJ2010: 'An option is out of range',
  DJ2011: 'The tables of this database do not fit this version of dal-job',
  DJ2012: 'The Sequelize instance cannot be shared',
  DJ3001: 'The handler is not implemented yet',
  DJ3002: 'The instance lost its lease',
  DJ3003: 'This run no longer owns its job',
  DJ3004: 'The run was over its timeout',
  DJ3005: 'The instance is shutting down',
  DJ3006: 'The handler cannot be loaded',
  DJ3007: 'The run needs an input and has none, or one that does not fit',
  DJ4001: 'There is no such job',
  DJ4002: 'A trigger is already waiting',
  DJ4003: 'The job is paused',
  DJ4004: 'The input does not fit the schema of the job',
  DJ4005: 'The job is retired: no live instance declares it',
  DJ4010: 'The job has a run in progress, and keeps its name until that has ended',
  DJ4011: 'Living instances may still run the job under its old name',
  DJ5001: 'A database statement failed in a way that is a bug',
  DJ6001: 'An argument of a recorded call would not survive JSON',
  DJ6002: 'The arguments of a recorded call are too large',
  DJ6003: 'The arguments of a recorded call do not fit its types',
  DJ6004: 'A key for secret arguments is missing or cannot be read',
  DJ6005: 'The call could not be recorded, so it was not made',
  DJ6006: 'The implementation of a service cannot be loaded, or lacks a method',
  DJ6007: 'The transaction is of another database',
  DJ6008: 'Recorded arguments do not fit the schema of today',
  DJ6009: 'A secret of recorded arguments cannot be read',
  DJ6010: 'The retry of a call did not answer true',
  DJ6011: 'There is no call or job here',
  DJ6012: 'There is no such method to record a call of',
  DJ6013: 'The key of a recorded call does not fit',
  DJ6014: 'The instance takes no calls now',
  DJ6020: 'No living instance knows the method of a recorded call',
  DJ6021: 'A recorded call has arguments of another schema',
  DJ6022: 'The row of dispatch is not a job',
  DJ6023: 'There is no such retry record',
  DJ6024: 'The retry record does not stand so that this can be done',
  DJ7001: 'A table does not fit the claim of a job',
  DJ7002: 'The row is none of this batch, or was settled before',
  DJ7003: 'The row is no longer claimed by this instance',
  DJ7004: 'The handler of a job with a claim did not look at its rows',
  DJ7005: 'The row is locked by another transaction',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The base of every error dal-job raises. `code` is stable; `fields` hold what the message names. */
export class DalJobError extends Error {
  readonly code: ErrorCode;
  readonly fields: Readonly<Record<string, unknown>>;
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; fields?: Record<string, unknown> } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'DalJobError';
    this.code = code;
    this.fields = options.fields ?? {};
  }
}

/** Thrown by generated stubs. A run that ends with it is failed and never retried. */
export class NotImplementedError extends DalJobError {
  constructor(what: string) {
    super('DJ3001', `${what} is not implemented yet: fill in its body.`, { fields: { what } });
    this.name = 'NotImplementedError';
  }
}

/** The business says: worth another try. The default of every `retry.for`. */
export class BizRetryNeedError extends Error {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BizRetryNeedError';
  }
}
