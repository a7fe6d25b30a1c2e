// The error classes that `retry.for` names, loaded when the first error asks for them: handlers' files import the app.
// What must hold: a class that cannot be loaded does not fail a run; it is then matched by name alone.
import { BizRetryNeedError } from '../errors.js';
import type { AnyRegistry, ErrorClass } from '../types.js';
import type { ErrorClasses } from './backoff.js';

/** Loads each class once. */
export function errorClassLoader(errors: AnyRegistry['errors']): () => Promise<ErrorClasses> {
  let loaded: Promise<ErrorClasses> | undefined;
  return () => {
    loaded ??= loadAll(errors);
    return loaded;
  };
}

async function loadAll(errors: AnyRegistry['errors']): Promise<ErrorClasses> {
  const own: [string, ErrorClass | undefined][] = [['BizRetryNeedError', BizRetryNeedError]];
  const loads = Object.entries(errors).map(async ([name, { load }]): Promise<[string, ErrorClass | undefined]> => {
    return [name, await load().catch(() => undefined)];
  });
  return new Map([...own, ...(await Promise.all(loads))]);
}
