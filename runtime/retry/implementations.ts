// The user's implementations of services, loaded when the first call asks for them: their files may import the app, and one
// bad file must be one failing service.
// What must hold: a file that could not be loaded is tried again by the next call; nothing is recorded of a call that
// cannot be made.
import { DalJobError } from '../errors.js';
import type { AnyServiceEntry } from '../service-types.js';

export type Implementation = Readonly<Record<string, unknown>>;
// biome-ignore lint/suspicious/noExplicitAny: parameters and results are generated types
export type Callable = (...args: readonly any[]) => unknown;

export class Implementations {
  readonly #services: Readonly<Record<string, AnyServiceEntry>>;
  readonly #loaded = new Map<string, Implementation>();

  constructor(services: Readonly<Record<string, AnyServiceEntry>>) {
    this.#services = services;
  }

  /** A function of the implementation, bound to it; at once when it is loaded. @throws DalJobError DJ6006 */
  find(service: string, name: string): Callable | Promise<Callable> {
    const loaded = this.#loaded.get(service);
    if (loaded !== undefined) return functionOf(loaded, service, name);
    return this.#load(service).then((implementation) => functionOf(implementation, service, name));
  }

  async #load(service: string): Promise<Implementation> {
    const loaded: unknown = await this.#services[service]?.load().catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw notLoaded(service, `cannot be loaded: ${why}`, cause);
    });
    if ((typeof loaded !== 'object' && typeof loaded !== 'function') || loaded === null)
      throw notLoaded(service, `is ${loaded === null ? 'null' : typeof loaded} instead of an object with its methods`);
    this.#loaded.set(service, loaded as Implementation);
    return loaded as Implementation;
  }
}

function functionOf(implementation: Implementation, service: string, name: string): Callable {
  const found = implementation[name];
  if (typeof found === 'function') return found.bind(implementation) as Callable;
  const message = `The implementation of ${service} has no method ${name}: add it to handlers/services/${service}.ts.`;
  throw new DalJobError('DJ6006', message, { fields: { service, method: name } });
}

function notLoaded(service: string, problem: string, cause?: unknown): DalJobError {
  return new DalJobError('DJ6006', `The implementation of ${service} ${problem}`, { cause, fields: { service } });
}
