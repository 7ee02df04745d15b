// What operators do on a real database and each real log: acts told to them, disputes, the worklist, and referrals taken away.
import { Buffer } from "node:buffer";
import { Channel, Confidentiality, SectionKind, eventId, newCaseId, randomId, referralId } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asks, factsOf, usual } from "./scenario.ts";
import { openBed } from "./test-service.ts";
import type { Bed } from "./test-service.ts";

const CANARY = "Yuleima Zambrano";
const told = (act: object, rest: object = {}) => ({
  act,
  onBehalfOf: "house-a",
  toldBy: CANARY,
  salt: randomId(),
  channel: "phone",
  reason: "llamada de la casa",
  ...rest,
});

for (const driver of testLogs())
  describe.skipIf(!driver.available)(`operators on ${driver.name}`, () => {
    let bed: Bed;
    beforeAll(async () => {
      bed = await openBed(driver);
    });
    afterAll(() => bed?.close());

    /** A case with a key, at house-a. */
    async function requested(
      fields: Parameters<typeof asks>[0] = {},
      count = 2,
    ): Promise<{ caseId: string; id: string }> {
      const caseId = newCaseId();
      const caseKeyId = `k-${caseId}`;
      await bed.seal.createKeys([{ keyId: caseKeyId, subject: caseId }]);
      await bed.log.append([bed.command(caseId, asks({ caseKeyId, ...fields }), "sender")]);
      await bed.events(caseId, count);
      return { caseId, id: referralId(caseId, 1) };
    }
    const actUrl = (id: string) => `/admin/router/referrals/${id}/act`;
    const items = async (query: string) =>
      (await bed.get(`/admin/router/worklist?limit=200&${query}`)).body["items"] as Record<string, unknown>[];

    /** An acceptance recorded on behalf of house-a, and its dispute. */
    async function disputed(): Promise<{ caseId: string; id: string; event: string }> {
      const { caseId, id } = await requested();
      const { body } = await bed.post(actUrl(id), told({ act: "accept" }));
      const event = eventId(body["command"] as string, 0);
      await bed.events(caseId, 3);
      const value = { eventId: event, reasonCode: "not-said" };
      await bed.log.append([bed.command(caseId, { case: "dispute", value }, "house-a")]);
      await bed.events(caseId, 4);
      return { caseId, id, event };
    }

    it("record what an institution told them, once shown; who told it is sealed and stands nowhere in clear", async () => {
      const { caseId, id } = await requested();
      const expectedAt = "2026-12-01T09:00:00-05:00";
      const asked = told({ act: "accept", expectedAt }, { occurredAt: "2026-11-24T20:15:00-05:00" });
      const shown = await bed.post(actUrl(id), { ...asked, dryRun: true });
      expect(shown.body).toMatchObject({ foreseen: [{ fact: "accepted", performer: "house-a" }] });
      expect(await bed.post(actUrl(id), asked)).toMatchObject({ status: 200, body: { referral: id, case: caseId } });
      const accepted = (await bed.events(caseId, 3))[2];
      expect(accepted).toMatchObject({
        actor: { institution: "hub", worker: "staff-1", channel: Channel.PHONE, onBehalfOf: "house-a" },
        fact: { case: "accepted", value: { expectedAt: { seconds: 1796133600n } } },
        sections: [{ kind: SectionKind.TOLD_BY, subject: caseId, keyId: `k-${caseId}` }],
      });
      const [plaintext] = await bed.seal.openSections(accepted!.sections);
      expect(JSON.parse(Buffer.from(plaintext!).toString())).toEqual({ toldBy: CANARY, salt: asked.salt });
      expect(await bed.acts(id)).toMatchObject([
        { staff: "staff-1", act: "router.on-behalf.accept", reason: "llamada de la casa" },
      ]);
      const bytes = (await bed.records(caseId)).map(({ value }) => Buffer.from(value).toString("latin1")).join();
      expect(bytes).not.toContain("Yuleima");
    });

    it.each([
      ["an act that is no answer", told({ act: "request" }), 400],
      ["an act of its own system alone", told({ act: "mark-in-error", reasonCode: "test" }), 400],
      ["a detail that the act does not have", told({ act: "start", reasonCode: "other" }), 400],
      ["a reason that the act does not know", told({ act: "reject", reasonCode: "tired" }), 400],
      ["no channel", told({ act: "accept" }, { channel: "pigeon" }), 400],
      ["nobody who told it", told({ act: "accept" }, { toldBy: " " }), 400],
      ["no salt", told({ act: "accept" }, { salt: "" }), 400],
      ["a time to come", told({ act: "accept" }, { occurredAt: "2999-01-01T00:00:00Z" }), 400],
      ["an institution that is not there", told({ act: "accept" }, { onBehalfOf: "nowhere" }), 422],
      ["another institution's referral", told({ act: "accept" }, { onBehalfOf: "house-b" }), 409],
      ["an act that the case refuses", told({ act: "complete", outcomeCode: "served" }), 409],
    ])("record nothing of %s, and the refusal does not repeat what was said", async (_, body, status) => {
      const { caseId, id } = await requested();
      const refused = await bed.post(actUrl(id), body);
      expect(refused.status, JSON.stringify(refused.body)).toBe(status);
      expect(JSON.stringify(refused.body)).not.toContain("Yuleima");
      expect(await bed.acts(id)).toEqual([]);
      expect(await bed.records(caseId)).toHaveLength(2);
    });

    it("are told that a referral is not there, that the case is erased, and that auditors only look", async () => {
      expect((await bed.post(actUrl(referralId(newCaseId(), 1)), told({ act: "accept" }))).status).toBe(404);
      const { caseId, id } = await requested();
      expect((await bed.post(actUrl(id), told({ act: "accept" }), "auditor")).status).toBe(403);
      await bed.seal.destroyKeys([`k-${caseId}`]);
      const erased = await bed.post(actUrl(id), told({ act: "accept" }));
      expect(erased).toMatchObject({ status: 410, body: { code: "content-erased" } });
    });

    it("see a dispute on the worklist until one of them dismisses it", async () => {
      const { caseId, id, event } = await disputed();
      expect((await items("kind=disputed")).find((item) => item["id"] === event)).toMatchObject({
        kind: "disputed",
        referral: id,
        disputedBy: "house-a",
        reasonCode: "not-said",
      });
      const counted = async () => (await bed.get("/admin/router/summary")).body;
      expect(await counted()).toMatchObject({ disputed: 1, oldestDisputed: expect.any(String) as string });
      const url = `/admin/router/worklist/${event}/resolve`;
      expect(await bed.post(url, { how: "dismiss", reason: "grabación oída" })).toMatchObject({
        status: 200,
        body: { resolution: "dismissed" },
      });
      expect(await bed.post(url, { how: "dismiss", reason: "otra vez" })).toMatchObject({
        status: 409,
        body: { code: "not-worklisted" },
      });
      expect((await items("kind=disputed")).some((item) => item["id"] === event)).toBe(false);
      expect(await counted()).toMatchObject({ disputed: 0 });
      expect(await bed.records(caseId)).toHaveLength(4);
      expect(await bed.acts(event)).toMatchObject([{ act: "router.dispute.dismiss" }]);
    });

    it("have no work of a rehearsal: nothing is recorded for its counterpart, and a dispute in it is on no worklist", async () => {
      const { caseId, id } = await requested({ rehearsal: "silent" });
      const pretended = told({ act: "accept" }, { onBehalfOf: "rehearsal" });
      expect((await bed.post(actUrl(id), pretended)).body).toMatchObject({ code: "unknown-institution" });
      const asked = told({ act: "cancel", reasonCode: "other" }, { onBehalfOf: "sender" });
      const { body } = await bed.post(actUrl(id), asked);
      const value = { eventId: eventId(body["command"] as string, 0), reasonCode: "not-said" };
      await bed.events(caseId, 3);
      await bed.log.append([bed.command(caseId, { case: "dispute", value }, "sender")]);
      expect((await bed.events(caseId, 4)).at(-1)).toMatchObject({ rehearsal: "silent", fact: { case: "disputed" } });
      expect((await items("kind=disputed")).some((item) => item["case"] === caseId)).toBe(false);
    });

    it("take a referral from a performer whose acceptance they should not have recorded", async () => {
      const { caseId, id } = await disputed();
      const resolve = { how: "uphold", reason: "nadie llamó" };
      const url = `/admin/router/worklist/${id}/resolve`;
      const shown = await bed.post(url, { ...resolve, dryRun: true });
      expect(shown.body["foreseen"]).toMatchObject([
        { fact: "cancelled" },
        { fact: "requested" },
        { fact: "addressed", performer: "house-b" },
      ]);
      expect((await bed.post(url, resolve)).status).toBe(200);
      const all = await bed.events(caseId, 7);
      expect(factsOf(all).slice(4)).toEqual(["cancelled", "requested", "addressed"]);
      expect((await bed.post(url, resolve)).status).toBe(409);
    });

    it("mark in error an end that was recorded wrongly", async () => {
      const { caseId, id } = await requested();
      await bed.log.append([bed.command(caseId, usual("accept", 0), "house-a")]);
      await bed.events(caseId, 3);
      const { body } = await bed.post(actUrl(id), told({ act: "complete", outcomeCode: "served" }));
      await bed.events(caseId, 4);
      const value = { eventId: eventId(body["command"] as string, 0), reasonCode: "said-otherwise" };
      await bed.log.append([bed.command(caseId, { case: "dispute", value }, "house-a")]);
      await bed.events(caseId, 5);
      await bed.post(`/admin/router/worklist/${id}/resolve`, { how: "uphold", reason: "se oyó mal" });
      expect((await bed.events(caseId, 6))[5]).toMatchObject({ fact: { case: "enteredInError" } });
    });

    it("reroute what its performer does not answer, and are refused where it has answered", async () => {
      const { caseId, id } = await requested();
      const url = `/admin/router/referrals/${id}/reroute`;
      const reroute = { reasonCode: "no-response", reason: "nadie contesta" };
      expect((await bed.post(url, { ...reroute, reasonCode: "tired" })).status).toBe(400);
      expect((await bed.post(url, reroute, "auditor")).status).toBe(403);
      expect((await bed.post(url, { ...reroute, performer: "nowhere" })).status).toBe(422);
      expect(await bed.post(url, { ...reroute, performer: "sender" })).toMatchObject({
        status: 409,
        body: { code: "cannot-take" },
      });
      const shown = await bed.post(url, { ...reroute, performer: "house-c", dryRun: true });
      expect(shown.body["foreseen"]).toMatchObject([{}, {}, { fact: "addressed", performer: "house-c" }]);
      expect((await bed.post(url, { ...reroute, performer: "house-c" })).status).toBe(200);
      const all = await bed.events(caseId, 5);
      expect(all[4]).toMatchObject({ performer: "house-c", actor: { worker: "staff-1", channel: Channel.STAFF } });
      expect(await bed.acts(id)).toMatchObject([
        { act: "router.referral.reroute", reason: "no-response: nadie contesta" },
      ]);
      expect(await bed.post(url, reroute)).toMatchObject({ status: 409, body: { refusal: "ended" } });
    });

    it("page and filter the worklist, give its rows to somebody, and cancel what nobody can take", async () => {
      const priority = 1;
      const one = await requested({ serviceType: "DOC-REF", priority });
      const two = await requested({ serviceType: "DOC-REF", priority });
      const hidden = await requested({
        serviceType: "DOC-REF",
        priority,
        confidentiality: Confidentiality.VERY_RESTRICTED,
      });
      const query = "kind=worklisted&priority=emergency";
      expect((await items(query)).map((item) => item["id"])).toEqual([one.id, two.id, hidden.id]);
      const first = (await bed.get(`/admin/router/worklist?${query}&limit=2`)).body;
      expect(first["items"]).toHaveLength(2);
      const rest = (await bed.get(`/admin/router/worklist?${query}&limit=2&after=${String(first["next"])}`)).body;
      expect(rest).toMatchObject({ items: [{ id: hidden.id }] });
      expect(rest).not.toHaveProperty("next");
      expect(await items(`${query}&hours=1`)).toEqual([]);
      expect((await bed.get("/admin/router/worklist?after=x")).status).toBe(400);

      const assign = (id: string, body: object) => bed.post(`/admin/router/worklist/${id}/assign`, body);
      expect((await assign(one.id, { staff: "op-2", reason: "guardia" })).status).toBe(200);
      expect(await assign(one.id, { staff: "auditor", reason: "guardia" })).toMatchObject({
        status: 422,
        body: { code: "unknown-staff" },
      });
      expect((await assign(referralId(newCaseId(), 1), { staff: "op-2", reason: "guardia" })).status).toBe(409);
      expect(await items(`${query}&assigned=op-2`)).toMatchObject([{ id: one.id, assigned: { staff: "op-2" } }]);
      expect(await items(`${query}&assigned=nobody`)).toHaveLength(2);
      await assign(one.id, { reason: "fin de turno" });
      expect(await items(`${query}&assigned=nobody`)).toHaveLength(3);

      const url = `/admin/router/worklist/${two.id}/resolve`;
      expect(await bed.post(url, { how: "retry", performer: "house-a", reason: "sin cupo" })).toMatchObject({
        status: 409,
        body: { code: "cannot-take" },
      });
      expect((await bed.post(url, { how: "cancel", reasonCode: "no-response", reason: "sin cupo" })).status).toBe(400);
      const cancel = { how: "cancel", reasonCode: "served-elsewhere", reason: "sin cupo" };
      expect((await bed.post(url, cancel)).status).toBe(200);
      expect((await bed.events(two.caseId, 3))[2]).toMatchObject({ fact: { case: "cancelled" } });
      expect((await bed.post(url, cancel)).status).toBe(409);
      expect((await items(query)).map((item) => item["id"])).toEqual([one.id, hidden.id]);
    });
  });
