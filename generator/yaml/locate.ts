// Where a key or value stands in the text, by its path in the data.
// Walks the nodes again for each question: questions are asked for problems only, and those are few.
// Follows aliases and merge keys as data.ts does, so that a problem in shared lines is shown where those lines are.

import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { Span } from '../source.js';
import type { Resolve } from './anchors.js';
import { isMergeKey, mergeSources, spanOf } from './data.js';

type Path = readonly (string | number)[];

export interface Locator {
  /** The key, or the value, at a path; the nearest thing above when there is none. */
  locate(path: Path, what: 'key' | 'value'): Span;
  /** A part of a string value, by its offset in the string; the whole value when it is written with escapes or over lines. */
  locateWithin(path: Path, offset: number, length: number): Span;
}

interface Found {
  readonly key: unknown;
  readonly value: unknown;
}

export function createLocator(root: unknown, resolve: Resolve, text: string): Locator {
  const pairOf = createIndex();
  const find = (path: Path): Found => findNode(root, { resolve, pairOf }, path);
  const locate = (path: Path, what: 'key' | 'value'): Span => {
    const found = find(path);
    return what === 'key' || isEmpty(found.value) ? keySpan(found) : valueSpan(found.value);
  };
  const locateWithin = (path: Path, offset: number, length: number): Span => {
    const found = find(path).value;
    const value = resolve(found) ?? found;
    const start = isScalar(value) ? contentStart(value, text) : null;
    if (start === null) return locate(path, 'value');
    return { start: start + offset, end: start + offset + Math.max(1, length) };
  };
  return { locate, locateWithin };
}

interface Look {
  readonly resolve: Resolve;
  readonly pairOf: (map: YAMLMap, key: string) => Pair | undefined;
}

/** Pairs by key, of maps that were asked about: a file may have thousands of problems in one map. */
function createIndex(): Look['pairOf'] {
  const maps = new WeakMap<YAMLMap, Map<string, Pair>>();
  return (map, key) => {
    let pairs = maps.get(map);
    if (pairs === undefined) {
      const strings = map.items.filter((pair) => isScalar(pair.key)).reverse();
      pairs = new Map(strings.map((pair) => [String((pair.key as Scalar).value), pair]));
      maps.set(map, pairs);
    }
    return pairs.get(key);
  };
}

function findNode(root: unknown, look: Look, path: Path): Found {
  let found: Found = { key: null, value: root };
  for (const step of path) {
    const next = child(look.resolve(found.value) ?? found.value, look, step);
    if (next === undefined) return found;
    found = next;
  }
  return found;
}

function child(node: unknown, look: Look, step: string | number): Found | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return item === undefined ? undefined : { key: item, value: item };
  }
  if (!isMap(node)) return undefined;
  const pair = look.pairOf(node, String(step));
  return pair === undefined ? inMerged(node.items, look, step) : { key: pair.key, value: pair.value };
}

function inMerged(pairs: readonly Pair[], look: Look, step: string | number): Found | undefined {
  const { resolve } = look;
  for (const pair of pairs.filter(isMergeKey)) {
    for (const source of mergeSources(pair.value, resolve)) {
      const found = child(resolve(source) ?? source, look, step);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function isEmpty(value: unknown): boolean {
  const range = (value as Node | null)?.range;
  return range === null || range === undefined || range[1] <= range[0];
}

function keySpan({ key, value }: Found): Span {
  return spanOf(key ?? value);
}

/** A map or list is shown by its first line, and an alias by itself. */
function valueSpan(value: unknown): Span {
  if (isMap(value) && value.flow !== true && value.items[0] !== undefined) return spanOf(value.items[0].key);
  return isAlias(value) || isScalar(value) || isMap(value) || isSeq(value) ? spanOf(value) : { start: 0, end: 1 };
}

/** Offset of a string's first character when text and value are the same, character by character. */
function contentStart(scalar: Scalar, text: string): number | null {
  const [start, end] = scalar.range ?? [0, 0];
  const quoted = scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE' ? 1 : 0;
  return text.slice(start + quoted, end - quoted) === scalar.value ? start + quoted : null;
}
