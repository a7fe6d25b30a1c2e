// What a problem calls the thing at a path of jobs.yaml: `retry.for of job "closeOrders"`.

import type { Path } from './parse.js';
import { showPath } from './parse.js';

const SINGULAR: Readonly<Record<string, string>> = {
  jobs: 'job',
  services: 'service',
  types: 'type',
  errors: 'error class',
};

/** The name of what is at the path, as a message begins with it. */
export function showSubject(path: Path): string {
  const { owner, rest } = split(path);
  if (owner === '') return rest.length === 0 ? 'the file' : showPath(rest);
  return rest.length === 0 ? owner : `${showPath(rest)} of ${owner}`;
}

/** Where something is, to follow "in" or nothing: ` in job "closeOrders"`. */
export function showPlace(path: Path): string {
  return path.length === 0 ? ' at the top level' : ` in ${showSubject(path)}`;
}

function split(path: Path): { owner: string; rest: Path } {
  const [group, name, third, method] = path;
  const word = SINGULAR[String(group)];
  if (word === undefined || name === undefined) return { owner: '', rest: path };
  if (group === 'services' && third === 'methods' && method !== undefined) {
    return { owner: `method "${name}.${method}"`, rest: path.slice(4) };
  }
  return { owner: `${word} "${name}"`, rest: path.slice(2) };
}
