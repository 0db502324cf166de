/** The HTTP contract as openapi-typescript writes it; `npm run schema` replaces this file. */
export interface components {
  schemas: {
    UserOut: { id: string; email: string; name: string; role: string };
    Tokens: {
      access_token: string;
      token_type: string;
      expires_in: number;
      refresh_token: string;
      user: components["schemas"]["UserOut"];
    };
    AuthOptions: {
      demo: boolean;
      demo_email?: string | null;
      demo_password?: string | null;
      model: string;
      offline: boolean;
    };
    SessionOut: { signed_in: boolean };
    Fact: {
      id: string;
      key: string;
      value: string;
      source: string;
      expires_at?: string | null;
      updated_at?: string | null;
    };
    FactIn: { id?: string | null; key: string; value: string };
    Segment: { segment_name: string; age_range?: string; interests?: string[] };
    BrandAssets: { logo_url?: string | null; brand_colors?: string[]; fonts?: string[] };
    BusinessOut: {
      id: string;
      version: number;
      created_at: string;
      updated_at: string;
      business_name: string;
      industry: string;
      brand_voice: string;
      primary_goals: string[];
      target_audience: components["schemas"]["Segment"][];
      brand_assets: components["schemas"]["BrandAssets"];
      timezone: string;
      language: string;
      country?: string | null;
      postal_address?: string;
      banned_words: string[];
      facts: components["schemas"]["Fact"][];
      is_demo: boolean;
    };
    BusinessIn: {
      business_name: string;
      industry: string;
      brand_voice?: string;
      timezone?: string;
      language?: string;
      facts?: components["schemas"]["FactIn"][];
    };
    Slot: {
      slot_id: string;
      local_time: string;
      timezone: string;
      platform: string;
      type: string;
      theme: string;
      segment: string;
      funnel_stage: string;
      content_id?: string | null;
      state: string;
    };
    SlotContent: { id: string; title: string; status: string; approval_state: string; checks_failed: number };
    CalendarSlot: components["schemas"]["Slot"] & { content?: components["schemas"]["SlotContent"] | null };
    CalendarOut: {
      campaign_id: string;
      timezone: string;
      slots: components["schemas"]["CalendarSlot"][];
    };
    CampaignOut: {
      id: string;
      version: number;
      business_id: string;
      name: string;
      goal: string;
      start_date?: string | null;
      end_date?: string | null;
      status: string;
      calendar: components["schemas"]["Slot"][];
    };
    Span: { field: string; start: number; end: number; text: string };
    Check: {
      name: string;
      passed: boolean;
      severity: string;
      message: string;
      spans: components["schemas"]["Span"][];
    };
    Cited: { kind: string; ref: string; label: string };
    TextContent: {
      caption?: string;
      hashtags?: string[];
      cta?: string;
      preheader?: string | null;
      body?: string | null;
    };
    ContentOut: {
      id: string;
      version: number;
      campaign_id: string;
      slot_id?: string | null;
      type: string;
      platform: string;
      title: string;
      text_content: components["schemas"]["TextContent"];
      media?: { image_url?: string | null; alt_text?: string | null };
      language: string;
      status: string;
      approval_state: string;
      ai_metadata: {
        model: string;
        simulated: boolean;
        run_id?: string | null;
        sources: components["schemas"]["Cited"][];
        checks: components["schemas"]["Check"][];
      };
    };
    ContentPatch: { title?: string; text_content?: components["schemas"]["TextContent"] };
    UsageOut: {
      month: string;
      limit: number;
      tokens_used: number;
      reserved: number;
      remaining: number;
      resets_at: string;
    };
    Problem: {
      type: string;
      slug: string;
      title: string;
      status: number;
      detail: string;
      request_id?: string;
      errors?: { field: string; message: string }[];
    };
    ThreadItem: {
      id: string;
      client_id: string;
      title: string;
      updated_at: string;
      active_run_id?: string | null;
    };
    Step: { id: string; agent: string; task: string; status: string; ms: number };
    Artefact: {
      tool_call_id: string;
      name: string;
      identity?: Record<string, unknown>;
      args: Record<string, unknown>;
      result?: Record<string, unknown> | null;
    };
    Message: {
      id: string;
      parent_id?: string | null;
      role: "user" | "assistant";
      content: string;
      created_at: string;
      run_id?: string | null;
      steps?: components["schemas"]["Step"][];
      artefacts?: components["schemas"]["Artefact"][];
      status: string;
      problem?: components["schemas"]["Problem"] | null;
    };
    ThreadOut: {
      id: string;
      client_id: string;
      title: string;
      campaign_id?: string | null;
      messages: components["schemas"]["Message"][];
      state: Record<string, unknown>;
      interrupts: unknown[];
      active_run?: { run_id: string; id: string; status: string } | null;
    };
    RunOut: { id: string; status: string };
  };
}

type Schemas = components["schemas"];
interface Json<T> {
  headers: Record<string, unknown>;
  content: { "application/json": T };
}
interface NoContent {
  headers: Record<string, unknown>;
  content?: never;
}
type None = Record<string, never>;
interface Op<Params, Body, Responses> {
  parameters: Params;
  requestBody: { content: { "application/json": Body } };
  responses: Responses;
}
interface Read<Params, Responses> {
  parameters: Params;
  requestBody?: never;
  responses: Responses;
}
interface ById {
  path: { id: string };
}
interface IfMatch {
  path: { id: string };
  header?: { "If-Match"?: string };
}
interface Page {
  query?: { limit?: number; cursor?: string };
}
interface List<T> {
  items: T[];
  next_cursor?: string | null;
}

export interface paths {
  "/auth/session": { get: Read<None, { 200: Json<Schemas["SessionOut"]> }> };
  "/auth/options": { get: Read<None, { 200: Json<Schemas["AuthOptions"]> }> };
  "/auth/login": { post: Op<None, { email: string; password: string }, { 200: Json<Schemas["Tokens"]> }> };
  "/auth/register": {
    post: Op<None, { email: string; password: string; name: string }, { 201: Json<Schemas["Tokens"]> }>;
  };
  "/auth/refresh": { post: Op<None, { refresh_token?: string }, { 200: Json<Schemas["Tokens"]> }> };
  "/auth/logout": { post: Read<None, { 204: NoContent }> };
  "/business/": {
    get: Read<Page, { 200: Json<List<Schemas["BusinessOut"]>> }>;
    post: Op<None, Schemas["BusinessIn"], { 201: Json<Schemas["BusinessOut"]> }>;
  };
  "/business/{id}": { get: Read<ById, { 200: Json<Schemas["BusinessOut"]> }> };
  "/business/{id}/facts": {
    get: Read<ById, { 200: Json<{ facts: Schemas["Fact"][] }> }>;
    put: Op<IfMatch, { facts: Schemas["FactIn"][] }, { 200: Json<{ facts: Schemas["Fact"][] }> }>;
  };
  "/business/{id}/usage": { get: Read<ById, { 200: Json<Schemas["UsageOut"]> }> };
  "/business/{id}/threads": { get: Read<ById & Page, { 200: Json<List<Schemas["ThreadItem"]>> }> };
  "/campaign/{id}": { get: Read<ById, { 200: Json<Schemas["CampaignOut"]> }> };
  "/calendar/{campaign_id}": {
    get: Read<{ path: { campaign_id: string } }, { 200: Json<Schemas["CalendarOut"]> }>;
  };
  "/content": {
    get: Read<
      { query: { campaign_id: string; limit?: number; cursor?: string } },
      { 200: Json<List<Schemas["ContentOut"]>> }
    >;
  };
  "/content/{id}": {
    get: Read<ById, { 200: Json<Schemas["ContentOut"]> }>;
    put: Op<IfMatch, Schemas["ContentPatch"], { 200: Json<Schemas["ContentOut"]> }>;
  };
  "/threads/{id}": {
    get: Read<ById, { 200: Json<Schemas["ThreadOut"]> }>;
    put: Op<ById, { title: string }, { 200: Json<Schemas["ThreadOut"]> }>;
    delete: Read<ById, { 204: NoContent }>;
  };
  "/runs/{id}": { get: Read<ById, { 200: Json<Schemas["RunOut"]> }> };
  "/runs/{id}/cancel": { post: Read<ById, { 202: NoContent }> };
}
