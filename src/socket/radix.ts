/**
 * The order in which draft builds keep subscriptions: that of the edges of a radix tree, which depends on
 * the history of additions and removals. libzmq: radix_tree.cpp.
 */

interface Node {
  prefix: string;
  /** Is this a key itself, or only where others part? */
  stored: boolean;
  edges: Node[];
}

export class RadixOrder {
  private readonly root: Node = { prefix: "", stored: false, edges: [] };

  /** A key that is not there yet. */
  add(key: string): void {
    let node = this.root;
    for (let rest = key; ; ) {
      if (rest === "") {
        node.stored = true;
        return;
      }
      const at = node.edges.findIndex(({ prefix }) => prefix[0] === rest[0]);
      const child = node.edges[at];
      if (child === undefined) {
        node.edges.push(leaf(rest));
        return;
      }
      const common = commonLength(child.prefix, rest);
      if (common < child.prefix.length) {
        node.edges[at] = split(child, rest, common);
        return;
      }
      node = child;
      rest = rest.slice(common);
    }
  }

  /** A key that is there. */
  remove(key: string): void {
    let parent = this.root;
    let node = this.root;
    for (let rest = key; rest !== ""; rest = rest.slice(node.prefix.length)) {
      parent = node;
      node = parent.edges.find(({ prefix }) => rest.startsWith(prefix)) as Node;
    }
    node.stored = false;
    if (node === this.root || node.edges.length > 1) return;
    if (node.edges.length === 1) return merge(node);
    // The last edge moves into the hole.
    const last = parent.edges.pop() as Node;
    if (last !== node) parent.edges[parent.edges.indexOf(node)] = last;
    if (parent !== this.root && !parent.stored && parent.edges.length === 1) merge(parent);
  }

  /** All keys, a node before what is below it. */
  keys(): string[] {
    const keys: string[] = [];
    const visit = (node: Node, above: string): void => {
      const key = above + node.prefix;
      if (node.stored) keys.push(key);
      for (const edge of node.edges) visit(edge, key);
    };
    visit(this.root, "");
    return keys;
  }
}

const leaf = (prefix: string): Node => ({ prefix, stored: true, edges: [] });

/** Puts a node above `child` where the key leaves its prefix; the new key comes before the old rest. */
function split(child: Node, key: string, common: number): Node {
  const below = { ...child, prefix: child.prefix.slice(common) };
  const prefix = key.slice(0, common);
  if (common === key.length) return { prefix, stored: true, edges: [below] };
  return { prefix, stored: false, edges: [leaf(key.slice(common)), below] };
}

/** A node that is no key and has one edge becomes one with it. */
function merge(node: Node): void {
  const [child] = node.edges as [Node];
  node.prefix += child.prefix;
  node.stored = child.stored;
  node.edges = child.edges;
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
