/** The page's start: theme, session, queries, router. */
import "./styles/index.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { focusManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";

import { ProblemError, sentenceOf } from "./api/problems";
import { threadQuery } from "./api/queries";
import { putAllAway, unsent, watchRuns } from "./copilot/runs";
import { frontOf } from "./copilot/thread";
import { makeRouter } from "./router";
import { keepBack, keepText, keptText } from "./session/kept";
import { currentUser, onSession, resume } from "./session/session";
import { applyTheme } from "./ui/theme";
import { Trouble } from "./ui/trouble";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: "always",
      retry: (count, error) => count < 3 && error instanceof ProblemError && error.problem.status === 0,
    },
  },
});
const router = makeRouter(queries);

/** A window beside another one is never hidden, so its focus counts as well. */
focusManager.setEventListener((changed) => {
  const listen = () => changed();
  addEventListener("focus", listen);
  document.addEventListener("visibilitychange", listen);
  return () => {
    removeEventListener("focus", listen);
    document.removeEventListener("visibilitychange", listen);
  };
});

/** Read again; a first reading that is under way was asked too early to count. */
async function again(queryKey: readonly string[]): Promise<void> {
  await queries.cancelQueries({ queryKey });
  await queries.invalidateQueries({ queryKey });
}

/** Read again whatever is on the screen of these kinds; resolves when it was tried. */
async function stale(...kinds: string[]): Promise<void> {
  await Promise.all(kinds.map((kind) => again([kind])));
}

/** The drafts first: until the thread tells the answer, the run's own view stands, and no draft may be missing then. */
async function settle(threadId: string): Promise<void> {
  void stale("threads", "usage", "campaign", "memory");
  await stale("calendar", "content");
  await again(threadQuery(threadId).queryKey);
}

watchRuns(
  () => void stale("threads"),
  () => void stale("calendar", "content"),
  (threadId) => void settle(threadId),
);

/** The address and what is not sent outlast a session that ends by itself; a thread that never began is its front. */
function keepAll(): void {
  keepBack(location.pathname + location.search);
  for (const { threadId, businessId, text, parentId, branch } of unsent()) {
    const begins = parentId === null && !branch;
    const place = begins ? frontOf(businessId) : threadId;
    keepText(place, [text, keptText(place)].filter(Boolean).join("\n"));
    if (begins && location.pathname.endsWith(`/t/${threadId}`)) keepBack("/app/");
  }
}

onSession(() => {
  if (currentUser()) return;
  keepAll();
  putAllAway();
  void router.navigate({ to: "/sign-in" }).then(() => queries.clear());
});

async function start(element: HTMLElement): Promise<void> {
  applyTheme();
  const page = createRoot(element);
  try {
    await resume();
  } catch (error) {
    const again = <button onClick={() => location.reload()} className="link">Load again</button>;
    page.render(
      <main className="lost">
        <Trouble action={again}>{sentenceOf(error)}</Trouble>
      </main>,
    );
    return;
  }
  page.render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

const element = document.getElementById("root");
if (element) void start(element);
