import { NotImplementedError } from 'dal-job';
import type { Service } from '../../generated/index.js';

/** Accounts of customers, and what is done with them. */
export const accounts: Service<'accounts'> = {
  /** Closes an account; nothing follows. */
  async close() {
    throw new NotImplementedError('accounts.close');
  },

  /**
   * Opens an account
   * for a new customer.
   * Receives (customer, kind, pin, tags?, limit?).
   */
  async open() {
    throw new NotImplementedError('accounts.open');
  },

  /** Turns arguments that an older jobs.yaml recorded into today's. Receives (args, argsHash). */
  upcastOpen() {
    throw new NotImplementedError('accounts.upcastOpen');
  },

  /** Receives (first, words, second, count?, third?). */
  async tell() {
    throw new NotImplementedError('accounts.tell');
  },

  /** Retries a tell that failed. Receives { params, byType, attempt, … }; false: try again later. */
  async retryTell() {
    throw new NotImplementedError('accounts.retryTell');
  },

  /** Receives (id, why). */
  async warn() {
    throw new NotImplementedError('accounts.warn');
  },

  /** Retries a warn that failed. Receives { params, byType, attempt, … }; false: try again later. */
  async retryWarn() {
    throw new NotImplementedError('accounts.retryWarn');
  },

  /** Turns arguments that an older jobs.yaml recorded into today's. Receives (args, argsHash). */
  upcastWarn() {
    throw new NotImplementedError('accounts.upcastWarn');
  },
};
