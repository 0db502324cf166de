/** What the checks found: the exact words, why, and what to do. */
import type { Check } from "../api/types";
import { languageName } from "../business/languages";
import { useOpen } from "../canvas/open";
import { stopsApproval } from "../canvas/cards";
import { Icon } from "../ui/icons";
import type { Words } from "./words";

interface Props {
  checks: Check[];
  /** What they were made against has changed; they are made again. */
  stale: boolean;
  words: Words;
  onEdit: (() => void) | undefined;
}

/** One line for each check that did not pass. What only stops a real send is said where sending is. */
export function CheckList({ checks, stale, words, onEdit }: Props) {
  const { openFacts } = useOpen();
  const failed = checks.filter((check) => !check.passed && check.stage === "approval");
  if (failed.length === 0 && !stale) return null;
  return (
    <div className="checks">
      {stale && <p className="faint">Being checked again: your facts, profile or campaign changed.</p>}
      {failed.map((check) => (
        <div key={check.name} className={stopsApproval(check) ? "check" : "check soft"}>
          <Icon name="alert" />
          {check.spans.filter(isQuotable).slice(0, 3).map((span) => (
            <p key={`${span.field}:${span.start}`} dir="auto">
              “<Around words={words} span={span} />”
            </p>
          ))}
          <p className="why">
            {messageOf(check)}{" "}
            {onEdit && (
              <>
                <button className="link" onClick={onEdit}>
                  Edit it
                </button>
                {check.name.startsWith("figures") && (
                  <>
                    {" or "}
                    <button className="link" onClick={() => openFacts("edit:new")}>
                      add the fact
                    </button>
                  </>
                )}
              </>
            )}
          </p>
        </div>
      ))}
    </div>
  );
}

const LONGEST_QUOTE = 120;

/** A whole text is not quoted: it stands right above. */
export function isQuotable({ text }: Check["spans"][number]): boolean {
  return Array.from(text).length <= LONGEST_QUOTE;
}

/** The rule knows languages by their tags; people by their names. */
function messageOf({ name, message }: Check): string {
  return name === "wording.language" ? message.replace(/\b[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*(?=[.;])/g, languageName) : message;
}

/** The sentence part around the words, so that they can be found. */
function Around({ words, span }: { words: Words; span: Check["spans"][number] }) {
  const value = words[span.field as keyof Words];
  const characters = typeof value === "string" ? Array.from(value) : [];
  const before = characters.slice(Math.max(0, span.start - 18), span.start).join("");
  const after = characters.slice(span.end, span.end + 18).join("");
  return (
    <>
      {span.start > 18 && "…"}
      {before.replace(/^\S*\s/, span.start > 18 ? "" : "$&")}
      <mark>{span.text}</mark>
      {after.replace(/\s\S*$/, "")}
      {span.end + 18 < characters.length && "…"}
    </>
  );
}
