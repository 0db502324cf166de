/** Copies a draft as plain text, the way its platform takes it. */
import { useEffect, useState } from "react";

import type { Platform } from "../canvas/cards";
import { Icon } from "../ui/icons";
import { plainText } from "./limits";
import type { Words } from "./words";

const SAID_MS = 2000;

/** A button that says for a moment that it was done. */
export function CopyText({ platform, words, name }: { platform: Platform; words: Words; name: string }) {
  const [said, setSaid] = useState("");

  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);

  async function copy() {
    const copied = await write(plainText(platform, words));
    setSaid(copied ? "Copied" : "The browser does not allow it");
  }

  return (
    <>
      <span role="status">{said}</span>
      <button className="ib" aria-label={`Copy ${name}`} onClick={() => void copy()}>
        <Icon name={said === "Copied" ? "check" : "copy"} />
      </button>
    </>
  );
}

/** To the clipboard; a server without TLS has no `navigator.clipboard`, but what is selected can be copied. */
async function write(text: string): Promise<boolean> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other way without TLS
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}
