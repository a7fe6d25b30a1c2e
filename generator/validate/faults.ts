// A copy of the data without what a schema found wrong, so that later checks can trust its shapes and still run.
// What is only missing stays missing; a bad name keeps its entry, whose inside is still worth a look.

import type { SchemaProblem } from '../validate.js';

export function withoutFaults(data: unknown, problems: readonly SchemaProblem[]): unknown {
  if (problems.length === 0) return data;
  const copy: unknown = JSON.parse(JSON.stringify(data));
  for (const { kind, path } of problems) {
    if (kind !== 'missingKey' && kind !== 'name') remove(copy, path);
  }
  return copy;
}

/** Removes the nearest key of a map: a list with an item less would shift the places of the others. */
function remove(root: unknown, path: readonly string[]): void {
  let holder: Record<string, unknown> | null = null;
  let key = '';
  let node = root;
  for (const step of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, step)) break;
    if (!Array.isArray(node)) {
      holder = node as Record<string, unknown>;
      key = step;
    }
    node = (node as Record<string, unknown>)[step];
  }
  if (holder !== null) delete holder[key];
}
