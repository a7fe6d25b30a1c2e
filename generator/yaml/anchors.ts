// Which node an alias stands for: the last one of that anchor before it.
// All anchors are gathered in one pass, when the first alias comes; the YAML package looks through the whole
// document for each alias, which is quadratic.

import { type Alias, type Document, isAlias, type Node, visit } from 'yaml';

/** The node an alias stands for; undefined for an alias without an anchor, and for what is no alias. */
export type Resolve = (node: unknown) => Node | undefined;

export function createResolver(document: Document): Resolve {
  let anchors: ReadonlyMap<string, readonly Node[]> | null = null;
  return (node) => {
    if (!isAlias(node)) return undefined;
    anchors ??= gatherAnchors(document);
    return anchors.get(node.source)?.findLast((target) => startOf(target) < startOf(node));
  };
}

function gatherAnchors(document: Document): Map<string, Node[]> {
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
  return anchors;
}

function startOf(node: Node | Alias): number {
  return node.range?.[0] ?? 0;
}
