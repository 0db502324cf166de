/** A draft as its platform shows it. */
import type { Business, Check } from "../api/types";
import type { Card } from "../canvas/cards";
import { Email } from "./email";
import { Instagram } from "./instagram";
import { LinkedIn } from "./linkedin";
import { Sms } from "./sms";
import type { Words } from "./words";

export interface PreviewProps {
  card: Card;
  business: Business;
  words: Words;
  checks: Check[];
  writing: boolean;
  /** Set while the draft is edited: changes some of the words. */
  edit: ((change: Partial<Words>) => void) | undefined;
  unfolded: boolean;
  onUnfold: () => void;
}

/** The preview for the card's platform. */
export function Preview(props: PreviewProps) {
  switch (props.card.platform) {
    case "instagram":
      return <Instagram {...props} />;
    case "linkedin":
      return <LinkedIn {...props} />;
    case "email":
      return <Email {...props} />;
    case "sms":
      return <Sms {...props} />;
  }
}
