// How far one member has consumed, written down now and then and at its end: retention goes by it.
import type { Member, TopicName } from "../port.ts";
import type { GroupTable } from "./group-table.ts";

/** A position that has not moved is written again after so long, so that its group is known to live. */
const AGAIN_MS = 3_600_000;

/** Writes down what has moved since it was last called. */
export type NotePositions = () => Promise<void>;

/** For a member of `group`; `ids` are the ids of its topics. */
export function notePositions(
  table: GroupTable,
  group: string,
  ids: ReadonlyMap<TopicName, number>,
  member: Pick<Member, "standing">,
): NotePositions {
  const noted = new Map<string, { readonly next: bigint; readonly at: number }>();
  return async () => {
    const now = performance.now();
    const moved = member.standing().flatMap(({ topic, partition, next }) => {
      const topicId = ids.get(topic);
      const before = noted.get(`${topic}/${partition}`);
      if (topicId === undefined || (before?.next === next && now - before.at < AGAIN_MS)) return [];
      return [{ name: `${topic}/${partition}`, topicId, partition, next }];
    });
    if (moved.length === 0) return;
    await table.note(group, moved);
    for (const { name, next } of moved) noted.set(name, { next, at: now });
  };
}
