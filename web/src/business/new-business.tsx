/** A new business in four fields; zone and language come from the browser. */
import { useState, type SyntheticEvent } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { api, ok } from "../api/client";
import { ProblemError, sentenceOf } from "../api/problems";
import { businessesQuery } from "../api/queries";
import { Door } from "../session/door";
import { text } from "../session/sign-in";
import { Field } from "../ui/field";
import { Trouble } from "../ui/trouble";
import { chooseBusiness } from "./current";

/** The page at /app/new-business. */
export function NewBusiness() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

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
            language: navigator.language,
            facts: offer ? [{ key: offerName(), value: offer }] : [],
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
    <Door>
      <form onSubmit={(event) => void submit(event)}>
        <h1>Your business</h1>
        <p>Four lines to begin with. You can change and add everything later.</p>
        <Field label="Name" name="business_name" required maxLength={200} error={problem?.field("business_name")} />
        <Field
          label="What you do"
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
        {error !== undefined && <Trouble>{sentenceOf(error)}</Trouble>}
        <button className="btn primary tall" disabled={busy}>
          Open it
        </button>
      </form>
    </Door>
  );
}

/** Drafts repeat a fact's name, so it is in the person's language. */
function offerName(): string {
  return { de: "Angebot", fr: "Offre", es: "Oferta" }[navigator.language.slice(0, 2)] ?? "Offer";
}
