// How many records of each method one claim asks for.
// What must hold: no more than the method has room for, and whoever has room has a share: a wide method with a long backlog is
// in nobody's way.
import type { CallKind } from '../service-types.js';
import type { Quota } from './claim-step.js';
import type { Method } from './methods.js';

/** Of one claim, of a kind. Enough to make its four round trips cheap, few enough to keep locks short. */
export const CLAIM_AT_ONCE = 500;

export function sharesOf(
  methods: readonly Method[],
  kind: CallKind,
  roomOf: (method: Method) => number,
): ReadonlyMap<Quota, Method> {
  const ready = methods.filter((method) => method.kind === kind && roomOf(method) > 0);
  const most = Math.ceil(CLAIM_AT_ONCE / ready.length);
  return new Map(
    ready.map((method) => {
      const { service, method: name, argsHash } = method;
      return [{ service, method: name, argsHash, limit: Math.min(roomOf(method), most) }, method];
    }),
  );
}
