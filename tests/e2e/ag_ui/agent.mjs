// Runs the stock HttpAgent once and prints what it made of the stream, as one JSON object.
// node agent.mjs '{"client", "url", "token", "threadId", "runId", "text", "cancelAt"?, "cancelUrl"?}'
import { pathToFileURL } from "node:url";

const task = JSON.parse(process.argv[2]);
const { HttpAgent } = await import(pathToFileURL(task.client).href);

const headers = { Authorization: `Bearer ${task.token}` };
const agent = new HttpAgent({
  url: task.url,
  headers,
  threadId: task.threadId,
  initialMessages: [{ id: "mine", role: "user", content: task.text }],
});

const events = [];
const warnings = [];
console.warn = (...said) => warnings.push(said.map(String).join(" "));
console.error = (...said) => warnings.push(said.map(String).join(" "));
let failure = null;
let cancelled = null;
const subscriber = {
  onEvent({ event }) {
    events.push(event);
    process.stderr.write(`${event.type}\n`);
    if (task.cancelAt === event.type && !cancelled) cancelled = fetch(task.cancelUrl, { method: "POST", headers });
  },
  onRunFailed({ error }) {
    failure = String(error?.message ?? error);
  },
};

let thrown = null;
try {
  await agent.runAgent({ runId: task.runId, tools: [], context: [], forwardedProps: {} }, subscriber);
} catch (error) {
  thrown = String(error?.message ?? error);
}
if (cancelled) await cancelled;
process.stdout.write(JSON.stringify({ events, messages: agent.messages, state: agent.state, failure, thrown, warnings }));
