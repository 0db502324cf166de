/** Sign in, or look around the demo workspace. */
import { useState, type SyntheticEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";

import { sentenceOf } from "../api/problems";
import { optionsQuery } from "../api/queries";
import { Field } from "../ui/field";
import { Trouble } from "../ui/trouble";
import { AccountScreen } from "./account-screen";
import { takeBack, wasCut } from "./kept";
import { signIn } from "./session";

/** The page at /app/sign-in. */
export function SignIn() {
  const { data: options } = useQuery(optionsQuery);
  const { history } = useRouter();
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [cut] = useState(wasCut);

  async function enter(email: string, password: string) {
    setBusy(true);
    setError(undefined);
    try {
      await signIn(email, password);
      history.replace(takeBack() ?? "/app/");
    } catch (failure) {
      setError(sentenceOf(failure));
      setBusy(false);
    }
  }

  function submit(event: SyntheticEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void enter(text(form, "email"), secret(form));
  }

  return (
    <AccountScreen>
      <form onSubmit={submit}>
        <h1>Sign in to Marquee</h1>
        {cut && (
          <p>Your session has ended. Sign in again: what you typed is kept, and you come back to where you were.</p>
        )}
        <Field label="E-mail" name="email" type="email" autoComplete="username" required />
        <Field label="Password" name="password" type="password" autoComplete="current-password" required />
        {error && <Trouble>{error}</Trouble>}
        <button className="btn primary tall" disabled={busy}>
          Sign in
        </button>
        {options?.demo && (
          <>
            <div className="or">or</div>
            <button
              type="button"
              className="btn tall"
              disabled={busy}
              onClick={() => void enter(options.demo_email ?? "", options.demo_password ?? "")}
            >
              Look around the demo workspace
            </button>
          </>
        )}
        {options && options.registration !== "closed" && (
          <p className="swap">
            New here?{" "}
            <Link to="/register" className="link">
              Create account
            </Link>
          </p>
        )}
      </form>
    </AccountScreen>
  );
}

/** A text field's value; files count as nothing. */
export function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}

/** The password as it was typed, blanks and all. */
export function secret(form: FormData): string {
  const value = form.get("password");
  return typeof value === "string" ? value : "";
}
