// Routes by which staff acts on one referral: records what an institution told, or takes the referral from its performer.
import { Channel, REROUTE_REASONS, RerouteReferralSchema, SectionKind, create, staffActRecord } from "@ruta/events";
import type { Section } from "@ruta/events";
import type { HttpApp } from "@ruta/kit";
import { NoKey } from "@ruta/seal";
import { z } from "zod";
import { messageOf, recordedAct } from "./recorded-act.ts";
import { commandRecord, staffCommand } from "./staff.ts";
import { findReferral, foresee, institutionId, knownInstitution, operator, problem } from "./staff-request.ts";
import { mustPlace, reason, record } from "./staff-request.ts";
import type { Found, HttpDeps } from "./staff-request.ts";
import { foreseenView } from "./views.ts";

/** How an institution told it. */
const CHANNELS = { phone: Channel.PHONE, mail: Channel.MAIL, "in-person": Channel.IN_PERSON } as const;

/** How far a clock of staff may be ahead. */
const FUTURE_MS = 300_000;

const onBehalf = z.strictObject({
  act: recordedAct,
  onBehalfOf: institutionId,
  /** Name of who told it: sealed, and nowhere else. */
  toldBy: z.string().trim().min(2).max(200),
  /** Random: the record keeps this body's hash, from which a name alone could be guessed. */
  salt: z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/),
  channel: z.enum(Object.keys(CHANNELS) as (keyof typeof CHANNELS)[]),
  /** When the institution says that it happened; now when left out. */
  occurredAt: z.iso.datetime({ offset: true }).optional(),
  reason,
  dryRun: z.boolean().default(false),
});

const reroute = z.strictObject({
  reasonCode: z.enum(REROUTE_REASONS),
  performer: institutionId.optional(),
  reason,
  dryRun: z.boolean().default(false),
});

const params = z.object({ referral: z.string() });

/** Adds POST /admin/router/referrals/{id}/act and …/reroute. With `dryRun` they say what would follow and record nothing. */
export function registerActs(admin: HttpApp, deps: HttpDeps): void {
  const { seal, now } = deps;

  async function sealName(found: Found, told: { toldBy: string; salt: string }): Promise<Section[]> {
    const { caseId } = found.state;
    const keyId = found.referral.request.caseKeyId;
    const plaintext = Buffer.from(JSON.stringify(told), "utf8");
    const content = { subject: caseId, kind: SectionKind.TOLD_BY, keyId, plaintext };
    return seal.sealSections([content]).catch((error: unknown) => {
      throw error instanceof NoKey ? problem("content-erased") : error;
    });
  }

  admin.post("/admin/router/referrals/:referral/act", { schema: { params, body: onBehalf } }, async (request) => {
    const staff = operator(request);
    const { act, onBehalfOf, toldBy, salt, channel, occurredAt, reason, dryRun } = request.body;
    const at = now();
    const happened = occurredAt === undefined ? at : Date.parse(occurredAt);
    if (happened > at + FUTURE_MS) throw problem("invalid-request", { field: "body.occurredAt" });
    knownInstitution(deps, "body.onBehalfOf", onBehalfOf);
    if (act.act === "redirect") knownInstitution(deps, "body.act.performer", act.performer);
    const found = await findReferral(deps, request.params.referral);
    const { caseId } = found.state;
    const told = { institution: onBehalfOf, channel: CHANNELS[channel], occurredAt: happened };
    const asked = { staff, caseId, referralId: found.referral.id, at, act: messageOf(act), told };
    const foreseen = foreseenView(await foresee(deps, staffCommand(asked)));
    const answer = { referral: found.referral.id, case: caseId, foreseen };
    if (dryRun) return answer;
    const command = staffCommand({ ...asked, sections: await sealName(found, { toldBy, salt }) });
    const done = { act: `router.on-behalf.${act.act}`, target: found.referral.id, reason, at };
    await record(deps, [staffActRecord(staff, done), commandRecord(command, at)]);
    return { ...answer, command: command.commandId };
  });

  admin.post("/admin/router/referrals/:referral/reroute", { schema: { params, body: reroute } }, async (request) => {
    const staff = operator(request);
    const { reasonCode, performer, reason, dryRun } = request.body;
    const at = now();
    knownInstitution(deps, "body.performer", performer);
    const { state, referral } = await findReferral(deps, request.params.referral);
    const value = create(RerouteReferralSchema, { reasonCode, performer: performer ?? "" });
    const act = { case: "reroute", value } as const;
    const command = staffCommand({ staff, caseId: state.caseId, referralId: referral.id, at, act });
    const decision = await foresee(deps, command);
    mustPlace(decision, performer);
    const foreseen = foreseenView(decision);
    const answer = { referral: referral.id, case: state.caseId, foreseen };
    if (dryRun) return answer;
    // The event says "rerouted"; why is on the record of the act.
    const done = { act: "router.referral.reroute", target: referral.id, reason: `${reasonCode}: ${reason}`, at };
    await record(deps, [staffActRecord(staff, done), commandRecord(command, at)]);
    return { ...answer, command: command.commandId };
  });
}
