// Services for the model: methods sorted by name, their parameters in the order of the file.
// What must hold: names of inline types do not depend on the order of services and methods in the YAML, so both are
// sorted before any name is given.
import { sortedByName } from '../canonical.js';
import type { Method, Service, TypeSchema } from '../config.gen.js';
import { capitalised, type ModelMethod, type ModelParam, type ModelService, type Schema } from '../model.js';
import { buildMethodRetry } from './retry.js';
import { kindOf, namedSchema } from './types.js';

/** Types by name; those of inline schemas are added to it. */
type Types = Map<string, Schema>;

export function buildServices(services: Readonly<Record<string, Service>>, types: Types): ModelService[] {
  return sorted(services).map(([name, service]) => ({
    name,
    description: service.desc?.trim() ?? '',
    methods: sorted(service.methods).map(([method, entry]) =>
      buildMethod(method, entry, { prefix: `${capitalised(name)}${capitalised(method)}`, types }),
    ),
  }));
}

function sorted<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return sortedByName(Object.entries(map).map(([name, value]) => ({ name, value }))).map(({ name, value }) => [
    name,
    value,
  ]);
}

interface Surroundings {
  /** Before the names of inline types. */
  readonly prefix: string;
  readonly types: Types;
}

function buildMethod(name: string, method: Method, { prefix, types }: Surroundings): ModelMethod {
  const params = Object.entries(method.params ?? {}).map(([param, schema]) =>
    buildParam(param, schema, { prefix, types }),
  );
  return {
    name,
    description: method.desc?.trim() ?? '',
    params,
    result: method.result === undefined ? null : namedSchema(`${prefix}Result`, method.result, types),
    retry: method.retry === undefined ? null : buildMethodRetry(method.retry, params),
  };
}

function buildParam(name: string, param: TypeSchema, { prefix, types }: Surroundings): ModelParam {
  const { optional = false, ...schema } = param;
  return {
    name,
    kind: kindOf(schema),
    schema: namedSchema(`${prefix}${capitalised(name)}`, schema, types),
    optional,
  };
}
