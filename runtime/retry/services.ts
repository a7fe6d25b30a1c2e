// The services of an app: their proxies, and what makes a call of one a recorded call.
// What must hold: a proxy is made once and outlives every membership; a call is made under the membership that is there when
// it begins, or refused with nothing executed: before start() (DJ2009), while the lease is lost, at shutdown (DJ6014).
import { setMaxListeners } from 'node:events';
import { type Clock, sleep } from '../clock.js';
import { DalJobError } from '../errors.js';
import type { Membership } from '../lock/membership.js';
import type {
  AnyServiceEntry,
  CallKind,
  MethodEntry,
  OutboxOptions,
  OutboxReceipt,
  ServiceCalls,
} from '../service-types.js';
import type { AnyRegistry, Emit, Log } from '../types.js';
import { Abandoned } from './abandoned.js';
import { callAfterward } from './afterward.js';
import { callBeforehand } from './beforehand.js';
import { currentContext } from './call-context.js';
import { errorClassLoader } from './error-classes.js';
import { Implementations } from './implementations.js';
import { InFlight } from './in-flight.js';
import { Inserts } from './insert.js';
import { methodsOf } from './methods.js';
import { enqueue, enqueueRetry, Owners } from './outbox.js';
import type { RunRecord } from './record.js';
import {
  type Bound,
  type CallDeps,
  contextOf,
  execute,
  type Method,
  type RecordedMethod,
  withoutSecrets,
} from './recorded-call.js';
import { runRecord } from './run-record.js';
import { readSecretKeys, requireKeys, Secrets } from './secrets.js';
import { Settler } from './settle.js';

export interface ServicesOptions {
  readonly registry: Pick<AnyRegistry, 'app' | 'services' | 'errors'>;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly logOf: (fields: object) => Log;
  readonly maxPayloadBytes: number;
  readonly sequelize: CallDeps['sequelize'];
}

export class Services {
  /** By service; handed to handlers and to the application. */
  readonly proxies: object;
  readonly #services: Readonly<Record<string, AnyServiceEntry>>;
  readonly #inFlight = new InFlight();
  readonly #owners = new Owners();
  #deps: CallDeps;
  #bound: Bound | null = null;
  /** Of the newest membership: its calls may still be under way when it takes no more. */
  #controller = new AbortController();
  /** Why no calls are taken now. */
  #refusal = (): DalJobError => new DalJobError('DJ2009', 'The app is not started: await app.start() first.');

  constructor({ registry, ...rest }: ServicesOptions) {
    const { app, services, errors } = registry;
    this.#services = services;
    this.proxies = Object.fromEntries(
      Object.entries(services).map(([name, entry]) => [name, entry.proxy(this.#callsOf(name, entry))]),
    );
    this.#deps = {
      ...{ app, ...rest, services: this.proxies },
      errorClasses: errorClassLoader(errors),
      implementations: new Implementations(services),
      secrets: new Secrets(app, new Map()),
    };
  }

  /** Before anything is registered. @throws DalJobError DJ6004: keys that cannot be read, or none where there are secrets */
  readKeys(environment: Readonly<Record<string, string | undefined>>): void {
    const keys = readSecretKeys(environment.DAL_JOB_SECRET_KEYS);
    requireKeys(keys, this.#methods());
    this.#deps = { ...this.#deps, secrets: new Secrets(this.#deps.app, keys) };
  }

  /** Takes calls from now on, under this membership. @param poke a record may be due: look now */
  attach({ instance, lease }: Pick<Membership, 'instance' | 'lease'>, poke: () => void): void {
    const { clock, emit } = this.#deps;
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    setMaxListeners(0, signal); // as many as there are calls under way
    const abandoned = new Abandoned(instance, clock);
    const settler = new Settler({
      instance,
      lease,
      clock,
      methods: methodsOf({ services: this.#services }),
      tell: emit,
    });
    const inserts = new Inserts({ instance, lease, clock, abandoned, emit });
    this.#bound = { instance, lease, settler, inserts, abandoned, poke, signal };
  }

  /** Executes a claimed record on this instance. Never rejects. */
  readonly runRecord: RunRecord = (record, signal) => runRecord(this.#deps, this.#services, { record, signal });

  /** Aborts the signal of the calls under way. */
  abort(reason: DalJobError): void {
    this.#controller.abort(reason);
  }

  /**
   * Takes no more calls, and resolves when those under way have ended, or ignored their abort through the grace. Those of
   * job handlers and retries are the concern of whoever runs these.
   */
  async detach(why: string): Promise<void> {
    const bound = this.#bound;
    this.#bound = null;
    this.#refusal = () => new DalJobError('DJ6014', `${why}: nothing was executed.`);
    if (bound === null) return;
    const ended = new AbortController();
    const late = new Promise<void>((resolve) => {
      const arm = () => void sleep(this.#deps.clock, bound.instance.timing.graceMs, ended.signal).then(resolve);
      if (bound.signal.aborted) arm();
      else bound.signal.addEventListener('abort', arm, { once: true });
    });
    await Promise.race([this.#inFlight.whenNone(), late]);
    ended.abort();
    await bound.abandoned.stop();
  }

  #callsOf(service: string, { methods }: AnyServiceEntry): ServiceCalls {
    const of = (method: string): Method => ({ service, method, entry: entryOf(service, method, methods) });
    return {
      call: (method, args) => this.#inFlight.track(() => this.#call(of(method), args)),
      enqueue: (options, method, args) => this.#inFlight.track(() => this.#enqueue(of(method), options, args)),
      retryEnqueue: (options, method, key, args) =>
        this.#inFlight.track(() => this.#retryEnqueue(of(method), { ...options, key }, args)),
    };
  }

  #call(method: Method, given: readonly unknown[]): Promise<unknown> {
    const bound = this.#need();
    const { retry } = method.entry;
    if (retry === null) return this.#callPlainly(bound, method, given);
    const recorded = { service: method.service, method: method.method, entry: method.entry, retry };
    if (retry.mode === 'afterward') return callAfterward(this.#deps, bound, { method: recorded, given });
    return callBeforehand(this.#deps, bound, { method: recorded, given, inFlight: this.#inFlight });
  }

  /** Not recorded, and below a retry part of it. */
  async #callPlainly(bound: Bound, method: Method, given: readonly unknown[]): Promise<unknown> {
    const implementation = await this.#deps.implementations.find(method.service, method.method);
    const context = currentContext() ?? contextOf(this.#deps, method, { signal: bound.signal, retry: undefined });
    try {
      return await execute(this.#deps, context, () => implementation(...given));
    } catch (thrown) {
      throw withoutSecrets(thrown, method, given);
    }
  }

  async #enqueue(method: Method, options: OutboxOptions, given: readonly unknown[]): Promise<OutboxReceipt> {
    const bound = this.#need();
    const recorded = requireMode(method, 'beforehand');
    const transaction = await this.#owners.require(options.transaction, bound.instance);
    return await enqueue(this.#deps, bound, { method: recorded, given, transaction });
  }

  async #retryEnqueue(
    method: Method,
    { transaction, key }: Partial<OutboxOptions> & { key: string },
    given: readonly unknown[],
  ): Promise<void> {
    const bound = this.#need();
    const recorded = requireMode(method, 'afterward');
    const within =
      transaction === undefined ? {} : { transaction: await this.#owners.require(transaction, bound.instance) };
    await enqueueRetry(this.#deps, bound, { method: recorded, given, key, ...within });
  }

  *#methods(): Iterable<readonly [string, MethodEntry]> {
    for (const [service, { methods }] of Object.entries(this.#services))
      for (const [method, entry] of Object.entries(methods)) yield [`${service}.${method}`, entry];
  }

  #need(): Bound {
    if (this.#bound === null) throw this.#refusal();
    return this.#bound;
  }
}

function entryOf(service: string, method: string, methods: AnyServiceEntry['methods']): MethodEntry {
  const entry = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (entry !== undefined) return entry;
  throw new DalJobError('DJ6012', `There is no method ${service}.${method} in jobs.yaml.`, {
    fields: { service, method },
  });
}

function requireMode(method: Method, mode: CallKind): RecordedMethod {
  const { service, entry } = method;
  if (entry.retry?.mode === mode) return { ...method, retry: entry.retry };
  const message = `${service}.${method.method} is no ${mode} method: see its retry.mode in jobs.yaml.`;
  throw new DalJobError('DJ6012', message, { fields: { service, method: method.method } });
}
