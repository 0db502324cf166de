/** Hashtags as one line of words while a post is edited. */
import { useState } from "react";

import { hash } from "./limits";
import { Prose } from "./prose";

/** Keeps what is typed; the tags are its words. */
export function TagEditor({ tags, onEdit }: { tags: string[]; onEdit: (tags: string[]) => void }) {
  const [typed, setTyped] = useState(() => tags.map(hash).join(" "));
  const change = (text: string) => {
    setTyped(text);
    onEdit(text.split(/[\s#,]+/).filter(Boolean).map(hash));
  };
  return <Prose field="hashtags" label="Hashtags" text={typed} checks={[]} onEdit={change} line />;
}
