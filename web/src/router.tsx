/** The pages and who may see them. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Link,
  Outlet,
  redirect,
  type ParsedLocation,
} from "@tanstack/react-router";

import { sentenceOf } from "./api/problems";
import { businessesQuery, campaignQuery, threadQuery } from "./api/queries";
import { ownerOf } from "./business/current";
import { NewBusiness } from "./business/new-business";
import { readSearch } from "./canvas/open";
import { Register } from "./session/register";
import { keepBack } from "./session/kept";
import { currentUser } from "./session/session";
import { SignIn } from "./session/sign-in";
import { Trouble } from "./ui/trouble";
import { Workspace } from "./workspace";

interface Context {
  queries: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: ({ error }) => <Broken error={error} />,
});

const onlyGuests = () => {
  if (currentUser()) throw redirect({ to: "/" });
};

const onlyMembers = ({ location }: { location: ParsedLocation }) => {
  if (currentUser()) return;
  keepBack(location.publicHref);
  throw redirect({ to: "/sign-in" });
};

const signIn = createRoute({ getParentRoute: () => root, path: "/sign-in", beforeLoad: onlyGuests, component: SignIn });
const register = createRoute({
  getParentRoute: () => root,
  path: "/register",
  beforeLoad: onlyGuests,
  component: Register,
});
const newBusiness = createRoute({
  getParentRoute: () => root,
  path: "/new-business",
  beforeLoad: onlyMembers,
  component: NewBusiness,
});

const workspace = createRoute({
  getParentRoute: () => root,
  id: "workspace",
  validateSearch: readSearch,
  beforeLoad: async ({ context, location }) => {
    onlyMembers({ location });
    const businesses = await context.queries.query({ ...businessesQuery, staleTime: "static" });
    if (businesses.length === 0) throw redirect({ to: "/new-business" });
  },
  component: Workspace,
});
const home = createRoute({
  getParentRoute: () => workspace,
  path: "/",
  beforeLoad: async ({ context, search: { campaign } }) => {
    // One that cannot be read says so in its place.
    if (campaign) await context.queries.query({ ...campaignQuery(campaign), staleTime: "static" }).catch(() => undefined);
  },
});
const thread = createRoute({
  getParentRoute: () => workspace,
  path: "/t/$threadId",
  beforeLoad: async ({ context, params: { threadId } }) => {
    if (ownerOf(threadId)) return;
    // A thread that cannot be read says so in its place.
    await context.queries.query({ ...threadQuery(threadId), staleTime: "static" }).catch(() => undefined);
  },
});

/** The router under /app. */
export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([signIn, register, newBusiness, workspace.addChildren([home, thread])]),
    basepath: "/app",
    context: { queries },
    defaultPendingMs: 400,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}

function NotFound() {
  return (
    <main className="lost">
      <h1>Page not found.</h1>
      <Link to="/" className="link">
        Go to the copilot
      </Link>
    </main>
  );
}

function Broken({ error }: { error: unknown }) {
  return (
    <main className="lost">
      <Trouble action={<button className="link" onClick={() => location.reload()}>Load again</button>}>
        {sentenceOf(error)}
      </Trouble>
    </main>
  );
}
