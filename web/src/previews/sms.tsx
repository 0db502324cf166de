/** A text message as the phone shows it. */
import { Prose } from "./prose";
import type { PreviewProps } from "./preview";

/** One bubble. */
export function Sms({ words, checks, edit, writing }: PreviewProps) {
  return (
    <div className="pv sms">
      <div className="bubble" dir="auto">
        <Prose
          field="caption"
          label="Message"
          text={words.caption}
          checks={checks}
          writing={writing}
          onEdit={edit && ((caption) => edit({ caption }))}
        />
      </div>
    </div>
  );
}
