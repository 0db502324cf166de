/** The contract's documents under the names the page uses. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type User = Schemas["UserOut"];
export type Tokens = Schemas["Tokens"];
export type AuthOptions = Schemas["AuthOptions"];
export type Business = Schemas["BusinessOut"];
export type Fact = Schemas["Fact"];
export type FactIn = Schemas["FactIn"];
export type Campaign = Schemas["CampaignOut"];
export type Slot = Schemas["CalendarSlot"];
export type Content = Schemas["ContentOut"];
export type ContentPatch = Schemas["ContentPatch"];
export type TextContent = Schemas["TextContent"];
export type Check = Schemas["Check"];
export type Span = Schemas["Span"];
export type Source = Schemas["Cited"];
export type Usage = Schemas["UsageOut"];
export type Problem = Schemas["Problem"];
export type ThreadItem = Schemas["ThreadItem"];
export type Thread = Schemas["ThreadOut"];
export type Message = Schemas["Message"];
