/** The thread's message tree: which branch is shown, and what lies beside it. */
import type { Message } from "../api/types";

/** Messages from the root down to `head`. */
export function pathTo(messages: Message[], head: string | null): Message[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const path: Message[] = [];
  for (let at = head ? byId.get(head) : undefined; at; at = at.parent_id ? byId.get(at.parent_id) : undefined) {
    path.unshift(at);
  }
  return path;
}

/** The message said last, wherever in the tree. */
export function newest(messages: Message[]): Message | undefined {
  return messages.reduce<Message | undefined>(
    (last, message) => (last && last.created_at > message.created_at ? last : message),
    undefined,
  );
}

/** The newest message below `id`, itself counted. */
export function newestBelow(messages: Message[], id: string): string {
  const below = messages.filter((message) => pathTo(messages, message.id).some((step) => step.id === id));
  return newest(below)?.id ?? id;
}

/** The message and those beside it, oldest first. */
export function siblings(messages: Message[], message: Message): Message[] {
  return messages
    .filter((other) => (other.parent_id ?? null) === (message.parent_id ?? null) && other.role === message.role)
    .sort((a, b) => a.created_at.localeCompare(b.created_at));
}
