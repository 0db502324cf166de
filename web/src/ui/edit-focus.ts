/** Where the focus goes when something is edited in place, and afterwards. */
import { useEffect, useRef } from "react";

/** From the button marked `data-edit` into the first field, and back; what is only shown again takes no focus.
 *
 * @param id The element that holds both.
 * @param busy The end has to wait: the button is not there yet.
 */
export function useEditFocus(id: string, editing: boolean, busy = false): void {
  const before = useRef(editing);
  useEffect(() => {
    if (before.current === editing || busy) return;
    before.current = editing;
    const wanted = editing ? "input, textarea, select" : "[data-edit]";
    document.getElementById(id)?.querySelector<HTMLElement>(wanted)?.focus();
  }, [id, editing, busy]);
}
