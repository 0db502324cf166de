/** Automatic links end before the quotation mark or bracket that closes around them. */

interface Node {
  type: string;
  url?: string;
  value?: string;
  children?: Node[];
}

const CLOSING = /[”“»›’‘"'」』）】\])]+$/;

/** A plugin for remark: GFM takes closing marks for a part of the address. */
export function trimLinks() {
  return trim;
}

function trim(node: Node): void {
  if (!node.children) return;
  node.children = node.children.flatMap((child) => {
    trim(child);
    const [text] = child.children ?? [];
    const shown = child.type === "link" && child.children?.length === 1 ? text?.value : undefined;
    const closing = shown && child.url?.endsWith(shown) && CLOSING.exec(shown)?.[0];
    if (!closing) return [child];
    const rest = (whole: string) => whole.slice(0, -closing.length);
    return [
      { ...child, url: rest(child.url ?? ""), children: [{ type: "text", value: rest(shown) }] },
      { type: "text", value: closing },
    ];
  });
}
