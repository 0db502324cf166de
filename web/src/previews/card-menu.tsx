/** What else can be done with a draft: the copilot's usual changes, another language, sharing, revisions. */
import { DropdownMenu } from "radix-ui";

import type { Content } from "../api/types";
import { useBusiness } from "../business/current";
import { languageName, languageTags } from "../business/languages";
import type { Platform } from "../canvas/cards";
import { useThread } from "../copilot/thread";
import { Icon } from "../ui/icons";
import { useChange } from "./ask-change";
import { plainText } from "./limits";
import type { Words } from "./words";

interface Props {
  content: Content;
  platform: Platform;
  words: Words;
  name: string;
  /** Its words may be changed. */
  open: boolean;
  /** The revisions are shown. */
  revisions: boolean;
  onRevisions: () => void;
}

/** One button; everything in it is said to the copilot as an action on this draft. */
export function CardMenu({ content, platform, words, name, open, revisions, onRevisions }: Props) {
  const { running } = useThread();
  const change = useChange(content);
  const { language } = useBusiness();
  const changes = open && !running;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="ib" data-panel="revisions" aria-label={`More for ${name}`}>
        <Icon name="more" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={document.querySelector("main")}>
        <DropdownMenu.Content
          className="menu bare"
          align="end"
          sideOffset={4}
          collisionPadding={8}
          onCloseAutoFocus={(event) => revisions && event.preventDefault()}
        >
          <DropdownMenu.Item
            className="menu-item"
            disabled={!changes}
            onSelect={() => change(`Make “${name}” warmer`, { brief: "Make it warmer" })}
          >
            Warmer
          </DropdownMenu.Item>
          <DropdownMenu.Item
            className="menu-item"
            disabled={!changes}
            onSelect={() => change(`Write “${name}” again`, { brief: AGAIN })}
          >
            Again
            <small className="end">another take</small>
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Group aria-label="Translate into">
            <DropdownMenu.Label className="menu-label">Translate into</DropdownMenu.Label>
            {others(language, content.language).map((tag) => (
              <DropdownMenu.Item
                key={tag}
                className="menu-item"
                disabled={!changes}
                onSelect={() => {
                  const brief = `Translate it into ${languageName(tag)}`;
                  change(`Translate “${name}” into ${languageName(tag)}`, { brief, language: tag });
                }}
              >
                {languageName(tag)}
              </DropdownMenu.Item>
            ))}
          </DropdownMenu.Group>
          <DropdownMenu.Separator className="menu-line" />
          {"share" in navigator && (
            <DropdownMenu.Item className="menu-item" onSelect={() => share(platform, words)}>
              Share…
            </DropdownMenu.Item>
          )}
          <DropdownMenu.Item className="menu-item" onSelect={onRevisions}>
            Revisions
            <small className="end num">{content.revision}</small>
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const AGAIN = "Write another take of it: another opening and another angle, with the same facts, purpose and length";

/** The languages that the draft is not written in, the business's own variant before another of the same. */
function others(own: string, present: string): string[] {
  const base = (tag: string) => tag.split("-")[0] ?? tag;
  const tags = new Map([own, ...languageTags(own)].map((tag) => [base(tag), tag === own || base(tag) !== base(own) ? tag : own]));
  return [...tags].filter(([language]) => language !== base(present)).map(([, tag]) => tag);
}

/** To another app of the phone; nothing happens where the person thinks better of it. */
function share(platform: Platform, words: Words): void {
  const text = plainText(platform, { ...words, title: "" });
  void navigator.share({ ...(words.title ? { title: words.title } : {}), text }).catch(() => undefined);
}
