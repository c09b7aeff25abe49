// Makes a part of the page like a fresh copy of it, node by node: what did not change is not touched, so focus, open folds, scrolled tables and half-written forms stay.

const keyOf = (node: Node) => (node instanceof Element ? node.getAttribute('data-key') ?? (node.id || null) : null);
const isAlike = (one: Node, other: Node) => one.nodeType === other.nodeType && one.nodeName === other.nodeName;

/** What a reader or a script may have changed since. */
function isKept(element: Element, name: string): boolean {
  return (name === 'open' && element instanceof HTMLDetailsElement) || (name === 'title' && element instanceof HTMLTimeElement) || (name === 'aria-invalid');
}

function morphAttributes(old: Element, fresh: Element): void {
  for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value && !isKept(old, name)) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !isKept(old, name)) old.removeAttribute(name);
}

export function morph(old: Node, fresh: Node): void {
  if (!(old instanceof Element) || !(fresh instanceof Element)) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.hasAttribute('data-problem')) return; // what was refused stands until it is asked again
  morphAttributes(old, fresh);
  morphChildren(old, fresh);
}

function morphChildren(old: Element, fresh: Element): void {
  const named = new Map<string, ChildNode>();
  for (const child of old.childNodes) {
    const key = keyOf(child);
    if (key) named.set(key, child);
  }
  const staying = new Set([...fresh.childNodes].map(keyOf).filter(Boolean));
  let at: ChildNode | null = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    while (at && keyOf(at) && !staying.has(keyOf(at))) at = dropped(at);
    const key = keyOf(next);
    const match: ChildNode | null | undefined = key ? named.get(key) : at && !keyOf(at) && isAlike(at, next) ? at : null;
    if (!match || !isAlike(match, next)) {
      old.insertBefore(document.adoptNode(next), at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else old.insertBefore(match, at);
    morph(match, next);
  }
  while (at) at = dropped(at);
}

function dropped(node: ChildNode): ChildNode | null {
  const next = node.nextSibling;
  node.remove();
  return next;
}
