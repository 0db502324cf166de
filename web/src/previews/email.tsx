/** An e-mail as the inbox opens it. */
import { useOpen } from "../canvas/open";
import { characters, MAX_SUBJECT } from "./limits";
import { Prose } from "./prose";
import type { PreviewProps } from "./preview";

/** Subject and preheader, band, text, button, foot. */
export function Email({ card, business, words, checks, edit, writing }: PreviewProps) {
  const { openFacts } = useOpen();
  const address = business.postal_address;
  const subject = characters(words.title);
  const at = writing ? (words.cta ? "cta" : words.body ? "body" : words.preheader ? "preheader" : "title") : null;
  return (
    <div className="pv">
      <dl className="mail-h">
        {card.segment && (
          <>
            <dt>To</dt>
            <dd dir="auto">{card.segment}</dd>
          </>
        )}
        <dt>Subject</dt>
        <dd dir="auto">
          <b>
            <Prose
              field="title"
              label="Subject"
              text={words.title}
              checks={checks}
              writing={at === "title"}
              onEdit={edit && ((title) => edit({ title }))}
              line
            />
          </b>
          <span className={subject > MAX_SUBJECT ? "lim warn" : "lim"}>
            {subject}/{MAX_SUBJECT}
          </span>
        </dd>
        <dt>
          <span className="vh">Preheader</span>
        </dt>
        <dd className="pre" dir="auto">
          <Prose
            field="preheader"
            label="Preheader"
            text={words.preheader}
            checks={checks}
            writing={at === "preheader"}
            onEdit={edit && ((preheader) => edit({ preheader }))}
            line
          />
        </dd>
      </dl>
      <div className="mail-b">
        <div className="mail-band" dir="auto">{business.business_name}</div>
        <div className="mail-t" dir="auto">
          <Prose
            field="body"
            label="Text"
            text={words.body}
            checks={checks}
            writing={at === "body"}
            onEdit={edit && ((body) => edit({ body }))}
          />
        </div>
        {(words.cta || edit) && (
          <span className="mail-cta" dir="auto">
            <Prose
              field="cta"
              label="Button"
              text={words.cta}
              checks={checks}
              onEdit={edit && ((cta) => edit({ cta }))}
              line
            />
          </span>
        )}
        <p className="mail-foot" dir="auto">
          {address || (
            <>
              <span className="unknown">postal address unknown</span>{" "}
              <button type="button" className="link" onClick={() => openFacts("edit:address")}>
                Add
              </button>
            </>
          )}{" "}
          · Unsubscribe
        </p>
      </div>
    </div>
  );
}
