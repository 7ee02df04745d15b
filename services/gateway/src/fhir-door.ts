// The door for FHIR: verifies the bytes, finds the referrals that Tasks name, and hands on the acts of a body, all or none.
import type { Db } from "@ruta/db";
import { TOPICS } from "@ruta/events";
import type { Act } from "@ruta/events";
import { MAX_ACTS, isFaulty, readFhir } from "@ruta/fhir";
import type { Fault, Known, Left, ReadAct, ReadTask } from "@ruta/fhir";
import type { Engine } from "@ruta/log";
import type { Claim, Claims } from "./claims.ts";
import { TYPE_PREFIX } from "./codes.ts";
import { GROUP } from "./consume.ts";
import { verifyKnock } from "./door.ts";
import type { DoorDeps, Knock } from "./door.ts";
import { isRefusal, readEnvelope } from "./envelope.ts";
import type { Refusal } from "./errors.ts";
import type { NumberKind, Numbers } from "./numbers.ts";
import { VIEW_WAIT_MS } from "./take.ts";
import type { Asked } from "./take.ts";

/** FHIR nests deeper than an act of ours: a Questionnaire's items, an extension of an extension. */
const MAX_DEPTH = 32;

/** What the door for FHIR needs. */
export interface FhirDoorDeps extends DoorDeps {
  readonly db: Db;
  readonly claims: Claims;
  readonly numbers: Numbers;
  readonly engine: Pick<Engine, "waitForEnd">;
}

/** The acts of a body, and what of it is no act. */
export interface FhirAsked {
  readonly acts: readonly { readonly asked: Asked; readonly from: ReadAct }[];
  readonly left: readonly Left[];
}

/** One refusal by its FHIR element, or all faults that the mapping found. */
export type FhirRefused = { readonly refusal: Refusal } | { readonly faults: readonly Fault[] };

/** Makes the function that reads a webhook at `now` (milliseconds). */
export function createFhirDoor(deps: FhirDoorDeps): (knock: Knock, now: number) => Promise<FhirAsked | FhirRefused> {
  const { db, claims, numbers, engine } = deps;

  /** What is known of each Task's referral; undefined where nothing is. */
  async function look(institution: string, tasks: readonly ReadTask[]): Promise<(Known | "several" | undefined)[]> {
    const answers = tasks.filter(({ asks }) => !asks);
    const ids = answers.flatMap(({ names }) => names.referral ?? []);
    const own = answers.flatMap(({ names: { placer, filler } }) => [
      ...(placer === undefined ? [] : [{ kind: "PLAC" as NumberKind, number: placer }]),
      ...(filler === undefined ? [] : [{ kind: "FILL" as NumberKind, number: filler }]),
    ]);
    const [byId, byNumber, requested, claimed] = await Promise.all([
      numbers.named(db, institution, ids),
      numbers.numbered(db, institution, own),
      claims.requestsOf(db, institution, ids),
      claims.find(
        db,
        answers.map(({ names }) => ({ institution, webhookId: "", number: names.placer })),
      ),
    ]);
    return tasks.map(({ names, asks }) => {
      if (asks) return undefined;
      const submitted = (referral: string): Known => ({ referral, role: "requester", status: "submitted" });
      if (names.referral !== undefined)
        return byId.get(names.referral) ?? (requested.has(names.referral) ? submitted(names.referral) : undefined);
      const found = [`PLAC ${names.placer}`, `FILL ${names.filler}`].flatMap((key) => byNumber.get(key) ?? []);
      const referrals = new Set(found.map(({ referral }) => referral));
      if (referrals.size > 1) return "several";
      const claim = claimed.find(({ number }) => number !== undefined && number === names.placer);
      return found[0] ?? (claim && submitted(claim.referralId));
    });
  }

  async function known(
    institution: string,
    tasks: readonly ReadTask[],
  ): Promise<{ readonly standings: readonly (Known | undefined)[] } | FhirRefused> {
    let found = await look(institution, tasks);
    const unsure = tasks.some(
      ({ asks, dependsOnStatus }, index) => !asks && (found[index] === undefined || dependsOnStatus),
    );
    if (unsure) {
      // What is not in the view yet may be there once the view has what the log holds now.
      const reached = await engine.waitForEnd({ group: GROUP, topic: TOPICS.events, withinMs: VIEW_WAIT_MS });
      if (!reached) return { refusal: { code: "not-caught-up", retryAfterS: 2 } };
      found = await look(institution, tasks);
    }
    const standings: (Known | undefined)[] = [];
    for (const [index, { at, asks, names }] of tasks.entries()) {
      const one = found[index];
      const field = `${at}.identifier`;
      if (one === "several") return { faults: [{ code: "fhir-unidentified", expression: field }] };
      if (!asks && one === undefined && Object.keys(names).length > 0)
        return { refusal: { code: "referral-not-found", field } };
      standings.push(one);
    }
    return { standings };
  }

  /** Claims that stand under a webhook-id and those derived from it. */
  async function claimed(institution: string, webhookId: string): Promise<ReadonlyMap<string, Claim>> {
    const keys = Array.from({ length: MAX_ACTS }, (_, index) => ({
      institution,
      webhookId: idOf(webhookId, index),
      number: undefined,
    }));
    return new Map((await claims.find(db, keys)).map((claim) => [claim.webhookId, claim]));
  }

  return async (knock, now) => {
    const verified = verifyKnock(deps, knock, now, MAX_DEPTH);
    if (isRefusal(verified)) return { refusal: verified };
    const { institution, path, body } = knock;
    const standing = await claimed(institution, verified.webhookId);
    // A repeat is read as of the first time, so that it is not refused for an hour that has passed since.
    const read = readFhir(verified.value, { institution, now: standing.get(verified.webhookId)?.receivedAt ?? now });
    if (isFaulty(read)) return { faults: read };
    const resolved = await known(institution, read.tasks);
    if (!("standings" in resolved)) return resolved;
    const finished = read.finish(resolved.standings);
    if (isFaulty(finished)) return { faults: finished };
    const acts: { asked: Asked; from: ReadAct }[] = [];
    for (const [index, from] of finished.acts.entries()) {
      const webhookId = idOf(verified.webhookId, index);
      const event = {
        specversion: "1.0",
        id: webhookId.slice(0, 256),
        source: `/${institution}`,
        type: `${TYPE_PREFIX}${from.act}`,
        ...(from.time === undefined ? {} : { time: from.time }),
        data: from.data,
      };
      const envelope = readEnvelope(event, standing.get(webhookId)?.receivedAt ?? now);
      if (isRefusal(envelope)) return { refusal: inFhir(envelope, from) };
      const asked = { institution, path, webhookId, headers: verified.evidence, body, envelope, receivedAt: now };
      // What it was taken as, it stays, wherever the referral stands by now.
      acts.push({ asked, from: { ...from, act: (standing.get(webhookId)?.act ?? from.act) as Act } });
    }
    return { acts, left: finished.left };
  };
}

/** The first act stands under the webhook-id itself, so that another body under it is seen; the others under `#2`, `#3` … */
function idOf(webhookId: string, index: number): string {
  return index === 0 ? webhookId : `${webhookId}#${index + 1}`;
}

/** A refusal of the door with the element in the place of the field. */
export function inFhir(refusal: Refusal, { at, fields }: ReadAct): Refusal {
  const { field } = refusal;
  if (field === undefined) return refusal;
  const parts = field.split(".");
  const known = parts.map((_, index) => parts.slice(0, parts.length - index).join(".")).find((one) => fields[one]);
  return { ...refusal, field: field === "time" ? `${at}.authoredOn` : ((known && fields[known]) ?? at) };
}
