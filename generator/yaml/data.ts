// From YAML nodes to plain data, and every problem a node can have that is no syntax error.
// A pair that cannot be taken is reported and left out, so that the rest can still be checked.
// Aliases are walked each time they are used, within a budget: nine lines of text can name a billion nodes.
// Merge keys (`<<: *defaults`) are understood; what a map says itself comes before what it merges.

import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { Report } from '../report.js';
import type { Span } from '../source.js';
import type { Resolve } from './anchors.js';

const MOST_ALIASED_NODES = 200_000;
const MOST_DEPTH = 100;
const KNOWN_TAGS = new Set(
  ['null', 'bool', 'int', 'float', 'str', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

type Data = Record<string, unknown>;

interface Walk {
  readonly resolve: Resolve;
  readonly report: Report;
  /** Nodes open above this one, to see an alias that contains itself. */
  readonly open: Set<unknown>;
  /** The alias of the text that is being expanded. */
  outermost: Node | null;
  aliasedNodes: number;
  stopped: boolean;
}

/** A node and all below it as plain data; undefined when there was no end to it. Pairs that could not be taken are left out. */
export function toData(root: unknown, resolve: Resolve, report: Report): unknown {
  const walk: Walk = { resolve, report, open: new Set(), outermost: null, aliasedNodes: 0, stopped: false };
  const data = nodeToData(root, walk);
  return walk.stopped ? undefined : data;
}

function nodeToData(node: unknown, walk: Walk): unknown {
  if (walk.stopped || node === null || node === undefined) return null;
  if (walk.outermost !== null) walk.aliasedNodes += 1;
  if (walk.open.size > MOST_DEPTH)
    return stop(walk, node, 'DJ1024', `more than ${MOST_DEPTH} levels of maps and lists`);
  if (isAlias(node)) return aliasToData(node as Node & { source: string }, walk);
  refuseTag(node as Node, walk.report);
  if (isMap(node)) return within(node, walk, () => mapToData(node, walk));
  if (isSeq(node)) return within(node, walk, () => node.items.map((item) => nodeToData(item, walk)));
  return isScalar(node) ? scalarToData(node) : null;
}

function within<T>(node: object, walk: Walk, read: () => T): T {
  walk.open.add(node);
  const data = read();
  walk.open.delete(node);
  return data;
}

function stop(walk: Walk, node: unknown, code: 'DJ1017' | 'DJ1024', message: string): null {
  walk.stopped = true;
  walk.report.add({ code, span: spanOf(node), message });
  return null;
}

function aliasToData(alias: Node & { source: string }, walk: Walk): unknown {
  const target = walk.resolve(alias);
  if (target === undefined) {
    const hint = 'define it earlier with &, or quote the value if it is no alias';
    walk.report.add({
      code: 'DJ1016',
      span: spanOf(alias),
      message: `there is no anchor &${alias.source} before this alias`,
      hint,
    });
    return undefined;
  }
  if (walk.open.has(target))
    return stop(walk, alias, 'DJ1017', `the alias *${alias.source} stands inside its own anchor`);
  const outer = walk.outermost;
  walk.outermost ??= alias;
  const data = nodeToData(target, walk);
  if (walk.aliasedNodes > MOST_ALIASED_NODES && !walk.stopped) {
    stop(walk, walk.outermost, 'DJ1017', `the aliases expand to more than ${MOST_ALIASED_NODES} values`);
  }
  walk.outermost = outer;
  return data;
}

function mapToData(map: YAMLMap, walk: Walk): Data {
  const data: Data = {};
  const firsts = new Map<string, Node>();
  for (const pair of map.items) {
    const name = keyOf(pair, walk.report);
    if (name === null || isRepeated(name, pair.key as Node, firsts, walk.report)) continue;
    if (isMergeKey(pair)) mergeInto(data, pair.value, walk);
    else put(data, name, nodeToData(pair.value, walk));
  }
  return data;
}

/** What the map says itself is put last or found there already; merged keys never replace it. */
function put(data: Data, name: string, value: unknown): void {
  if (value !== undefined) data[name] = value;
}

function keyOf(pair: Pair, report: Report): string | null {
  const key = pair.key;
  if (isScalar(key) && typeof key.value === 'string') return acceptedKey(key.value, key, report);
  if (isMergeKey(pair)) return '<<';
  const text = isScalar(key) ? (key.source ?? String(key.value)) : '';
  const hint = text === '' ? 'a key is a plain word or a quoted string' : `quote it: ${JSON.stringify(text)}`;
  report.add({ code: 'DJ1015', span: spanOf(key ?? pair.value), message: 'the key is not a string', hint });
  return null;
}

function acceptedKey(name: string, key: Node, report: Report): string | null {
  if (name !== '__proto__') return name;
  report.add({
    code: 'DJ1011',
    span: spanOf(key),
    message: '"__proto__" is reserved: JavaScript objects keep it for themselves',
  });
  return null;
}

function isRepeated(name: string, key: Node, firsts: Map<string, Node>, report: Report): boolean {
  const repeated = firsts.has(name);
  if (repeated) {
    report.add({
      code: 'DJ1013',
      span: spanOf(key),
      message: `the key "${name}" stands twice in this map`,
      hint: 'remove or rename one',
    });
  } else firsts.set(name, key);
  return repeated;
}

export function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && (pair.key as Scalar).source === '<<' && (pair.key as Scalar).type === 'PLAIN';
}

function mergeInto(data: Data, value: unknown, walk: Walk): void {
  for (const source of mergeSources(value, walk.resolve)) {
    const merged = nodeToData(source, walk);
    if (walk.stopped || merged === undefined) continue;
    if (typeof merged !== 'object' || merged === null || Array.isArray(merged)) {
      const message = 'a merge key (<<) takes a map, or a list of maps';
      walk.report.add({ code: 'DJ1026', span: spanOf(source), message, hint: 'write <<: *anchor' });
      continue;
    }
    for (const [name, part] of Object.entries(merged)) if (!Object.hasOwn(data, name)) data[name] = part;
  }
}

/** The maps a merge key names, the first before the others. */
export function mergeSources(value: unknown, resolve: Resolve): unknown[] {
  const target = resolve(value) ?? value;
  return isSeq(target) ? target.items : [value];
}

function scalarToData(scalar: Scalar): unknown {
  const { value } = scalar;
  const plain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return plain ? value : (scalar.source ?? null);
}

function refuseTag(node: Node, report: Report): void {
  const tag = node.tag;
  if (tag === undefined || KNOWN_TAGS.has(tag)) return;
  const shown = tag.replace('tag:yaml.org,2002:', '!!');
  report.add({
    code: 'DJ1014',
    span: spanOf(node),
    message: `the tag ${shown} is not understood`,
    hint: 'write the plain value',
  });
}

/** Where a node stands; one that is empty takes a column. */
export function spanOf(node: unknown): Span {
  const range = (node as Node | null | undefined)?.range ?? [0, 0, 0];
  return { start: range[0], end: Math.max(range[1], range[0] + 1) };
}
