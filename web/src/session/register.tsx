/** Create an account. */
import { useState, type SyntheticEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";

import { ProblemError, sentenceOf } from "../api/problems";
import { optionsQuery } from "../api/queries";
import { Field } from "../ui/field";
import { Trouble } from "../ui/trouble";
import { AccountScreen } from "./account-screen";
import { register } from "./session";
import { secret, text } from "./sign-in";

/** The page at /app/register. */
export function Register() {
  const navigate = useNavigate();
  const { data: options } = useQuery(optionsQuery);
  const [invitation] = useState(() => new URLSearchParams(window.location.search).get("invitation") ?? "");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  async function submit(event: SyntheticEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(undefined);
    try {
      await register(text(form, "name"), text(form, "email"), secret(form), text(form, "invitation"));
      await navigate({ to: "/new-business" });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  const problem = error instanceof ProblemError ? error : undefined;
  const inFields = ["name", "email", "password", "invitation"].some((name) => problem?.field(name));
  return (
    <AccountScreen>
      <form onSubmit={(event) => void submit(event)}>
        <h1>Create account</h1>
        <p>Your data stays on this server.</p>
        <Field label="Your name" name="name" autoComplete="name" required maxLength={120} error={problem?.field("name")} />
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          required
          error={problem?.field("email")}
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          minLength={10}
          hint="At least 10 characters."
          error={problem?.field("password")}
        />
        {options?.registration === "invite" && (
          <Field
            label="Invitation code"
            name="invitation"
            required
            defaultValue={invitation}
            error={problem?.field("invitation")}
          />
        )}
        {error !== undefined && !inFields && <Trouble>{sentenceOf(error)}</Trouble>}
        <button className="btn primary tall" disabled={busy}>
          Create account
        </button>
        <p className="swap">
          Already have an account?{" "}
          <Link to="/sign-in" className="link">
            Sign in
          </Link>
        </p>
      </form>
    </AccountScreen>
  );
}
