/** RFC 9457 problems as errors, and their sentences for people. */
import type { Problem } from "./types";

const SENTENCES: Record<string, string> = {
  "quota-exhausted": "This month’s tokens are used up.",
  throttled: "Too many requests just now. Wait a moment and try again.",
  "bad-credentials": "Wrong e-mail or password.",
  "email-taken": "There is already an account with this e-mail.",
  "version-mismatch": "This was changed since you opened it.",
  "not-found": "This no longer exists.",
  "thread-busy": "An answer is still being written in this conversation.",
  "model-failed": "The model ended with an error.",
  "model-unreachable": "The model cannot be reached.",
  "model-busy": "The model is busy just now.",
  "unusable-answer": "The model’s answer could not be used.",
  "run-lost": "The work was interrupted and could not be finished.",
};

const NETWORK: Problem = {
  slug: "network",
  title: "No connection",
  status: 0,
  detail: "The server cannot be reached. Nothing is lost.",
};

/** A request that was answered with a problem, or not at all. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(sentence(problem));
    this.name = "ProblemError";
    this.problem = problem;
  }

  /** The message for one field of a form, by the field's last name. */
  field(name: string): string | undefined {
    return this.problem.errors?.find((error) => error.field.split(".").at(-1) === name)?.message;
  }
}

/** What the problem means, in one sentence. */
export function sentence(problem: Pick<Problem, "slug" | "detail" | "title">): string {
  return SENTENCES[problem.slug] ?? (problem.detail || problem.title);
}

/** The sentence of whatever was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether what was asked for does not exist, any more or for this person. */
export function isGone(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status === 404;
}

/** Whether it was changed since it was read. */
export function isConflict(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status === 412;
}

/** Read an error body; anything that is not a problem becomes one. */
export function asProblem(body: unknown, status: number): Problem {
  if (typeof body === "object" && body !== null && "slug" in body && "detail" in body) return body as Problem;
  return {
      slug: `http-${status}`,
    title: "Something went wrong",
    status,
    detail: `The server answered with an error (${status}).`,
  };
}

/** The error for a request that got no answer. */
export function networkError(): ProblemError {
  return new ProblemError(NETWORK);
}
