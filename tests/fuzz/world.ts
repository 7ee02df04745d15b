// The city of the fuzz and of the tenancy test: institutions with referrals between them, ids of every kind, and keys to sign with.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Personality } from "@ruta/client/simulator";
import { newCaseId, newPersonId, parseReferralId, randomId, referralId } from "@ruta/events";
import { decodeSecret, decodeSecretKey, encodePublicKey, generateKeyPair } from "@ruta/proof";
import type { SigningKey } from "@ruta/proof";
import { openCity } from "../city.ts";
import type { City, Citizen, Ground, Shape } from "../city.ts";
import { CANARY } from "./canary.ts";

const SILENT: Personality = { label: "silent", answers: () => [], replyAfterMs: 0, downForMs: 0 };
/** alfa and beta ask; gama and beta pull; delta has nothing to do with them; victima is what staff acts on. */
const INSTITUTIONS = { alfa: SILENT, beta: SILENT, gama: SILENT, delta: undefined, victima: undefined } as const;
const PULL = ["beta", "gama", "victima"] as const;

/** Ids by kind: those of the one who asks, those of others, and well-formed ones of nobody. */
type Ids = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The running city. */
export interface World {
  readonly city: City;
  readonly staff: Readonly<Record<string, Uint8Array>>;
  /** By which an institution signs. */
  key(institution: string): SigningKey;
  token(institution: string): string;
  /** A token that counts no more. */
  readonly revokedToken: string;
  /** Ids as one institution has them. */
  ids(institution: string): Ids;
  /** webhook-ids and cases of what the set-up itself sent. */
  readonly sent: readonly { readonly institution: string; readonly webhookId: string; readonly caseId: string }[];
}

const LIMIT_MS = 20_000;

function request(performer: string | undefined, number: string, serviceType = "ALO-FAM"): object {
  return {
    serviceType,
    priority: "normal",
    ...(performer === undefined ? {} : { performer }),
    number,
    consent: { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-12" },
    person: {
      ageBand: "18-59",
      territory: "canton-quito",
      identity: { name: { given: CANARY.given, family: CANARY.family } },
      narrative: CANARY.story,
    },
    members: [{ relation: "CHILD", ageBand: "5-11" }],
  };
}

/** Asks until there is an answer. */
async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; await delay(50)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`the city of the fuzz has no ${what}`);
}

interface Placed {
  readonly referral: string;
  readonly person: string;
  readonly section: string;
}

/** A referral of one institution to another, accepted there, with its ids. */
async function place(from: Citizen, to: Citizen, number: string, sent: World["sent"][number][]): Promise<Placed> {
  const asked = await from.send(`set-${number}`, "request", request(to.id, number));
  if (asked.status !== 202) throw new Error(`the set-up was refused: ${JSON.stringify(asked.body)}`);
  const { referral, case: caseId, person } = asked.body as Record<string, string>;
  sent.push({ institution: from.id, webhookId: `set-${number}`, caseId: caseId! });
  const webhookId = `set-${number}-accept`;
  await to.read(`/v1/referrals/${referral}`);
  await until(async () => {
    const said = await to.send(webhookId, "accept", { referral, worker: "op-1" });
    return said.status === 202 ? said : undefined;
  }, "accepted referral");
  sent.push({ institution: to.id, webhookId, caseId: caseId! });
  const section = await until(async () => {
    const { status, body } = await from.read(`/v1/referrals/${referral}/content`);
    const text = JSON.stringify(body);
    return status === 200 ? /"identity":"([0-9a-z]{26})"/.exec(text)?.[1] : undefined;
  }, "section");
  return { referral: referral!, person: person!, section };
}

interface InboxItem {
  readonly cursor: string;
  readonly webhookId: string;
  readonly event: { readonly id: string; readonly data?: { readonly referral?: string } };
}

const itemsOf = async (citizen: Citizen): Promise<InboxItem[]> =>
  ((await citizen.read("/v1/inbox?limit=200")).body.items ?? []) as InboxItem[];

/** Starts the hub and makes the city: the same each time, but for ids and keys. */
export async function openWorld(shape: Shape, ground: Ground): Promise<World> {
  const city = await openCity(shape, INSTITUTIONS, SILENT, ground);
  try {
    return await settle(city);
  } catch (error) {
    await city.stop();
    throw error;
  }
}

async function settle(city: City): Promise<World> {
  const reason = "a city for the fuzz";
  for (const institution of PULL)
    await city.admin.post("/admin/directory/endpoints", { institution, mode: "inbox", reason });
  const staff: Record<string, Uint8Array> = {};
  const file = readFileSync(join(city.folder, "keys", "staff", "administrator.key"), "utf8");
  staff.administrator = decodeSecretKey((JSON.parse(file) as { secretKey: string }).secretKey)!;
  for (const role of ["operator", "auditor", "recovery"]) {
    const { publicKey, seed } = generateKeyPair();
    const body = {
      id: role === "recovery" ? "recoverer" : role,
      publicKey: encodePublicKey(publicKey),
      roles: [role],
      reason,
    };
    await city.admin.post("/admin/directory/staff", body);
    staff[body.id] = seed;
  }
  const made = await city.admin.post<{ id: string; token: string }>("/admin/directory/tokens", {
    institution: "alfa",
    reason,
  });
  await city.admin.post(`/admin/directory/tokens/${made.id}/revoke`, { reason });

  const [alfa, beta, gama] = ["alfa", "beta", "gama"].map((id) => city.citizen(id)) as [Citizen, Citizen, Citizen];
  const sent: World["sent"][number][] = [];
  const ab = await place(alfa, beta, "A-1", sent);
  const ba = await place(beta, alfa, "B-1", sent);
  const ag = await place(alfa, gama, "A-2", sent);
  const bg = await place(beta, gama, "B-2", sent);
  // Nobody gives this service: it waits for an operator.
  const waiting = await alfa.send("set-A-3", "request", request(undefined, "A-3", "LEG"));
  sent.push({ institution: "alfa", webhookId: "set-A-3", caseId: String(waiting.body.case) });

  const item = async (citizen: Citizen, { referral }: Placed): Promise<InboxItem> =>
    until(async () => (await itemsOf(citizen)).find(({ event }) => event.data?.referral === referral), "inbox item");
  const ofBeta = await item(beta, ab);
  const ofBetasOwn = await item(beta, ba);
  const [ofGama, ofGamasOther] = [await item(gama, bg), await item(gama, ag)];
  const redrive = await city.admin.post<{ id: string }>("/admin/delivery/redrives", {
    what: "failed",
    institution: "victima",
    since: "2026-01-01T00:00:00Z",
    reason,
  });
  const keys = await city.admin.get<{ entries: { id: string; institution: string }[] }>("/admin/directory/keys");
  const keyOf = (id: string): string => keys.entries.find(({ institution }) => institution === id)?.id ?? "";

  const own = (mine: Placed, served: Placed, foreign: Placed, cursor: string, events: readonly string[]): Ids => ({
    referral: {
      own: mine.referral,
      served: served.referral,
      foreign: foreign.referral,
      none: referralId(newCaseId(), 1),
    },
    case: { own: caseOf(mine), served: caseOf(served), foreign: caseOf(foreign), none: newCaseId() },
    person: { own: mine.person, served: served.person, foreign: foreign.person, none: newPersonId() },
    section: { own: mine.section, served: served.section, foreign: foreign.section, none: randomId() },
    event: { own: events[0]!, served: events[1]!, foreign: events[2]!, none: randomId() },
    cursor: {
      own: cursor,
      served: cursor,
      foreign: ofGama.cursor,
      none: Buffer.from("7 abcdefgh x").toString("base64url"),
    },
    delivery: {
      any: ofBeta.webhookId,
      own: ofBeta.webhookId,
      served: ofBeta.webhookId,
      foreign: ofGama.webhookId,
      none: randomId(),
    },
    redrive: { own: redrive.id, served: redrive.id, foreign: redrive.id, none: randomId() },
    credential: { own: keyOf("victima"), served: keyOf("victima"), foreign: made.id, none: randomId() },
    poison: {
      own: "gateway:ruta.referral.events.v1:0:0",
      served: "router:ruta.referral.commands.v1:1:0",
      foreign: "delivery:ruta.referral.events.v1:0:99999999",
      none: "gateway:ruta.referral.events.v1:99:0",
    },
  });
  const views: Readonly<Record<string, Ids>> = {
    alfa: own(ab, ba, bg, ofGamasOther.cursor, [ofBeta.event.id, ofBetasOwn.event.id, ofGama.event.id]),
    beta: own(ba, ab, ag, ofBeta.cursor, [ofBetasOwn.event.id, ofBeta.event.id, ofGamasOther.event.id]),
  };
  const secret = (id: string, kind: "key" | "token"): string =>
    readFileSync(join(city.folder, "keys", "institutions", `${id}.${kind}`), "utf8").trim();
  return {
    city,
    staff,
    key(id) {
      const text = secret(id, "key");
      const seed = decodeSecretKey(text);
      return seed ? { scheme: "v1a", seed } : { scheme: "v1", secret: decodeSecret(text)! };
    },
    token: (id) => secret(id, "token"),
    revokedToken: made.token,
    ids: (id) => views[id] ?? views.alfa!,
    sent,
  };
}

function caseOf({ referral }: Placed): string {
  return parseReferralId(referral)?.caseId ?? "";
}
