// Routes for what has stepped aside: every service parks in its own tables, and staff sees, releases and gives it up in the same way.
import { SET_ASIDE_REASONS, STAFF_PROBLEMS, TOPICS, mayOperate, mayWatch, staffActRecord } from "@ruta/events";
import type { SignedBy, TopicName } from "@ruta/events";
import { HTTP_PROBLEMS, problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import type { Engine, ParkedId, ParkedRecord } from "@ruta/log";
import { z } from "zod";
import { recordView } from "./record-view.ts";
import { isSecondPerson, proposalBy, readProposal, setAsideCommand } from "./set-aside.ts";

/** What the routes refuse. */
export const PROBLEMS = {
  ...HTTP_PROBLEMS,
  ...STAFF_PROBLEMS,
  "not-first": {
    status: 409,
    title: "Only the first parked record of a case can be given up, and only once",
    remedy: "Look at it again with `ruta parked show`: the others of its case wait behind it, or it is on its way out.",
  },
  "not-proposed": {
    status: 409,
    title: "Nobody has proposed to give this record up",
    remedy: "Propose it with a reason code; then another member of staff confirms.",
  },
  "proposed-already": {
    status: 409,
    title: "Another member of staff has proposed to give this record up",
    remedy: "Confirm it, if you agree, with `ruta set-aside`.",
  },
  "second-person": {
    status: 403,
    title: "Giving up a record takes two persons with a key each",
    remedy: "Let another member of staff confirm, by a key of their own.",
  },
} as const;
const problem = problemsOf(PROBLEMS);

const reason = z.string().trim().min(3).max(500);
const release = z.strictObject({ topic: z.string().max(100), key: z.string().max(100), reason });
const setAside = z.discriminatedUnion("step", [
  z.strictObject({ step: z.literal("propose"), reasonCode: z.enum(SET_ASIDE_REASONS), reason }),
  z.strictObject({ step: z.literal("confirm"), reason }),
]);

const ID = /^([a-z][a-z0-9.-]*):([a-z0-9.]+):(\d{1,6}):(\d{1,18})$/;
const id = z.string().max(200).regex(ID);
const listQuery = z.strictObject({
  state: z.enum(["parked", "set-aside"]).default("parked"),
  reason: z.enum(["undecodable", "threw", "unknown-kind", "waiting"]).optional(),
  key: z.string().max(100).optional(),
  after: id.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** A parked record's id: group, topic, partition and offset. */
const nameOf = ({ group, topic, partition, offset }: ParkedId): string => [group, topic, partition, offset].join(":");

/** Takes the id apart; undefined for a topic that there is not. */
function parseId(text: string): ParkedId | undefined {
  const [, group = "", name, partition, offset = "0"] = ID.exec(text) ?? [];
  const topic = Object.values(TOPICS).find((one: TopicName) => one === name);
  return topic && { group, topic, partition: Number(partition), offset: BigInt(offset) };
}

/** Checks a role of whoever signed the request. */
function allowed(staff: SignedBy, may: (staff: SignedBy) => boolean): SignedBy {
  if (!may(staff)) throw problem("staff-role");
  return staff;
}

/** A parked record in a list. */
function rowOf({ note, parkedAt, offset, ...rest }: ParkedRecord): Record<string, unknown> {
  const { staff, at, reasonCode, confirmedBy } = readProposal(note) ?? {};
  const proposed = at === undefined ? {} : { proposal: { staff, reasonCode, at: iso(at), confirmedBy } };
  return { id: nameOf({ ...rest, offset }), ...rest, offset: String(offset), parkedAt: iso(parkedAt), ...proposed };
}

const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * Adds below /admin/{service}/poison: the list, one record decoded without content, …/release, which lets the records of a key go in
 * order, and …/{id}/set-aside, by which one member of staff proposes to give up a record and another confirms.
 */
export function servePoison(admin: HttpApp, service: string, engine: Engine, now: () => number): void {
  const base = `/admin/${service}/poison`;

  async function find(text: string): Promise<NonNullable<Awaited<ReturnType<Engine["aside"]["get"]>>>> {
    const parsed = parseId(text);
    const found = parsed && (await engine.aside.get(parsed));
    if (!found) throw problem("not-found");
    return found;
  }

  admin.get(base, { schema: { querystring: listQuery } }, async (request) => {
    allowed(request.staff, mayWatch);
    const { state, reason, key, after, limit } = request.query;
    const from = after === undefined ? undefined : parseId(after);
    const filter = { setAside: state === "set-aside", reason, key, after: from, limit: limit + 1 };
    const records = await engine.parked(filter);
    const page = records.slice(0, limit);
    const last = records.length > limit ? page.at(-1) : undefined;
    return { records: page.map(rowOf), ...(last ? { next: nameOf(last) } : {}) };
  });

  admin.get(`${base}/:id`, { schema: { params: z.object({ id }) } }, async (request) => {
    allowed(request.staff, mayWatch);
    const { parked, record } = await find(request.params.id);
    return { ...rowOf(parked), record: recordView(record) };
  });

  admin.post(`${base}/release`, { schema: { body: release } }, async (request) => {
    const staff = allowed(request.staff, mayOperate);
    const { topic, key, reason } = request.body;
    const [found] = (await engine.parked({ key })).filter((record) => record.topic === topic);
    if (!found) throw problem("not-found");
    const record = staffActRecord(staff, { act: `${service}.poison.release`, target: key, reason, at: now() });
    await engine.transact(async () => ({ result: undefined, records: [record] }), { waitForLog: true });
    return { released: await engine.release(found.topic, key) };
  });

  const body = { params: z.object({ id }), body: setAside };
  admin.post(`${base}/:id/set-aside`, { schema: body }, async (request) => {
    const staff = allowed(request.staff, mayOperate);
    const { parked, record } = await find(request.params.id);
    if (parked.state !== "parked" || !parked.first) throw problem("not-first");
    const standing = readProposal(parked.note);
    const at = now();
    const act = { act: `${service}.poison.set-aside.${request.body.step}`, target: request.params.id, at };
    const records = [staffActRecord(staff, { ...act, reason: request.body.reason })];
    if (request.body.step === "propose") {
      if (standing && standing.staff !== staff.id) throw problem("proposed-already");
      const note = JSON.stringify(proposalBy(staff, request.body.reasonCode, at));
      await commit(async (tx) => engine.aside.note(tx, parked, note), records);
      return { id: request.params.id, state: "proposed", reasonCode: request.body.reasonCode };
    }
    if (!standing) throw problem("not-proposed");
    if (!isSecondPerson(standing, staff)) throw problem("second-person");
    const told = setAsideCommand(record, standing, staff, at);
    const note = JSON.stringify({ ...standing, confirmedBy: staff.id });
    await commit(async (tx) => engine.aside.giveUp(tx, parked, parked.note, note), told ? [...records, told] : records);
    return { id: request.params.id, state: "giving-up", case: told?.key };
  });

  /** Changes a parked record and appends in one transaction; nothing is appended when it is no more as it was. */
  async function commit(
    change: (tx: Parameters<Engine["aside"]["note"]>[0]) => Promise<boolean>,
    records: Awaited<ReturnType<Parameters<Engine["transact"]>[0]>>["records"],
  ): Promise<void> {
    const done = await engine.transact(
      async (tx) => {
        const changed = await change(tx);
        return { result: changed, records: changed ? records : [] };
      },
      { waitForLog: true },
    );
    if (!done) throw problem("not-first");
  }
}
