// Which node an alias stands for: the last one of that anchor before it.
// All anchors are gathered in one pass: the YAML package looks through the whole document for each alias.

import { type Alias, type Document, isAlias, type Node, visit } from 'yaml';

/** The node an alias stands for; undefined for an alias without an anchor, and for what is no alias. */
export type Resolve = (node: unknown) => Node | undefined;

export function createResolver(document: Document): Resolve {
  const anchors = new Map<string, Node[]>();
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node) && node.anchor !== undefined) {
        const nodes = anchors.get(node.anchor);
        if (nodes === undefined) anchors.set(node.anchor, [node]);
        else nodes.push(node);
      }
    },
  });
  return (node) =>
    isAlias(node) ? anchors.get(node.source)?.findLast((target) => startOf(target) < startOf(node)) : undefined;
}

function startOf(node: Node | Alias): number {
  return node.range?.[0] ?? 0;
}
