/** A new business in four fields; the zone comes from the browser, the language too until another is chosen. */
import { useId, useState, type SyntheticEvent } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { api, ok } from "../api/client";
import { ProblemError, sentenceOf } from "../api/problems";
import { businessesQuery } from "../api/queries";
import { AccountScreen } from "../session/account-screen";
import { text } from "../session/sign-in";
import { Field } from "../ui/field";
import { Trouble } from "../ui/trouble";
import { chooseBusiness } from "./current";
import { browserLanguage, languageName, languageTags, offerName } from "./languages";

/** The page at /app/new-business. */
export function NewBusiness() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [language, setLanguage] = useState(browserLanguage);

  async function submit(event: SyntheticEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const offer = text(form, "offer");
    setBusy(true);
    setError(undefined);
    try {
      const business = await ok(
        api.POST("/business/", {
          body: {
            business_name: text(form, "business_name"),
            industry: text(form, "industry"),
            brand_voice: text(form, "brand_voice"),
            timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
            language,
            facts: offer ? [{ key: offerName(language), value: offer }] : [],
          },
        }),
      );
      chooseBusiness(business.id);
      queries.setQueryData(businessesQuery.queryKey, (all) => [business, ...(all ?? [])]);
      await navigate({ to: "/" });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  const problem = error instanceof ProblemError ? error : undefined;
  return (
    <AccountScreen>
      <form onSubmit={(event) => void submit(event)}>
        <h1>Your business</h1>
        <p>Four lines to begin with. You can change and add everything later.</p>
        <Field label="Name" name="business_name" required maxLength={200} error={problem?.field("business_name")} />
        <Field
          label="Industry"
          name="industry"
          placeholder="Bakery, law firm, dog groomer"
          required
          maxLength={200}
          error={problem?.field("industry")}
        />
        <Field
          label="How you sound"
          name="brand_voice"
          placeholder="Warm and plain, never pushy"
          maxLength={500}
          error={problem?.field("brand_voice")}
        />
        <Field
          label="One fact or offer"
          name="offer"
          placeholder="Membership from $29 a month"
          maxLength={500}
          hint="Only what you state here may be claimed in a post."
        />
        <Writes language={language} onChange={setLanguage} />
        {error !== undefined && <Trouble>{sentenceOf(error)}</Trouble>}
        <button className="btn primary tall" disabled={busy}>
          Create business
        </button>
      </form>
    </AccountScreen>
  );
}

/** One quiet line, which opens into the choice. */
function Writes({ language, onChange }: { language: string; onChange: (tag: string) => void }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  if (!open) {
    return (
      <p className="writes">
        Writes in {languageName(language)} ·{" "}
        <button type="button" className="link" onClick={() => setOpen(true)}>
          change<span className="vh"> the language</span>
        </button>
      </p>
    );
  }
  return (
    <div className="field">
      <label htmlFor={id}>Language of what is written</label>
      <select id={id} autoFocus value={language} onChange={(event) => onChange(event.currentTarget.value)}>
        {languageTags(browserLanguage()).map((tag) => (
          <option key={tag} value={tag}>
            {languageName(tag)}
          </option>
        ))}
      </select>
    </div>
  );
}
