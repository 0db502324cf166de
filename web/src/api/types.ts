/** The contract's documents under the names the page uses. */
import type { components } from "./schema";

type Schemas = components["schemas"];

/** Answers carry every field; that a field has a default makes the schema call it optional. */
export type Sent<T> = T extends (infer Item)[]
  ? Sent<Item>[]
  : T extends object
    ? { [Name in keyof T]-?: Sent<Exclude<T[Name], undefined>> }
    : T;

export type User = Sent<Schemas["UserOut"]>;
export type Tokens = Sent<Schemas["Tokens"]>;
export type Business = Sent<Schemas["BusinessView"]>;
export type Fact = Sent<Schemas["Fact"]>;
export type Memory = Sent<Schemas["MemoryView"]>;
export type Segment = Business["target_audience"][number];
export type FactDraft = Schemas["FactDraft"];
export type Campaign = Sent<Schemas["CampaignView"]>;
export type Slot = Sent<Schemas["CalendarSlot"]>;
export type Content = Sent<Schemas["ContentView"]>;
export type Revision = Sent<Schemas["RevisionView"]>;
export type TextContent = Schemas["TextContent"];
export type Check = Sent<Schemas["Check"]>;
export type Source = Sent<Schemas["Cited"]>;
export type ThreadItem = Sent<Schemas["ThreadView"]>;
export type Thread = Sent<Schemas["WholeThread"]>;
export type Message = Sent<Schemas["MessageView"]>;
export type Action = Schemas["Action"];
export type Clarification = Sent<Schemas["Clarification"]>;
export type ProposedAction = Sent<Schemas["ProposedAction"]>;

/** What a save of a profile sends: the fields that change. */
export type ProfilePatch = Partial<
  Pick<
    Business,
    | "business_name"
    | "brand_voice"
    | "industry"
    | "postal_address"
    | "timezone"
    | "language"
    | "primary_goals"
    | "banned_words"
    | "target_audience"
  >
> & { brand_assets?: { brand_colors: string[] } };

/** What a save of a draft sends. */
export interface ContentPatch {
  title?: string;
  text_content?: TextContent;
}

/** What the page reads of a problem. */
export interface Problem {
  slug: string;
  title: string;
  status: number;
  detail: string;
  errors?: { field: string; message: string }[] | null;
}
