// The router on a real database and each real log: decides once, goes on after a restart, waits for a directory, mends by staff.
import { Channel, Confidentiality, SectionKind, TOPICS, eventId, newCaseId, randomId, referralId } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { QUITO, asks, factsOf, usual } from "./scenario.ts";
import { SOON, openBed } from "./test-service.ts";
import type { Bed } from "./test-service.ts";

for (const driver of testLogs())
  describe.skipIf(!driver.available)(`the router on ${driver.name}`, () => {
    let bed: Bed;
    let log: Bed["log"];
    let seal: Bed["seal"];
    let { commit, command, records, events, get, post } = {} as Bed;
    beforeAll(async () => {
      bed = await openBed(driver);
      ({ log, seal, commit, command, records, events, get, post } = bed);
    });
    afterAll(() => bed?.close());

    it("chooses by what it alone opens, and re-routes a refusal, in records that name their cause", async () => {
      const [caseId, person] = [newCaseId(), `p-${randomId()}`];
      await seal.createKeys([{ keyId: `k-${person}`, subject: person }]);
      const routing = Buffer.from(JSON.stringify({ accused: ["house-b"], sex: "female" }));
      const sections = await seal.sealSections([
        { subject: person, kind: SectionKind.ROUTING, keyId: `k-${person}`, plaintext: routing },
      ]);
      await log.append([
        command(caseId, asks({ personId: person }), "sender", { sections, commandId: "first" }),
        command(caseId, usual("reject", 0), "house-a", { commandId: "second" }),
      ]);
      const decided = await events(caseId, 5);
      expect(factsOf(decided)).toEqual(["requested", "addressed", "rejected", "requested", "addressed"]);
      expect(decided.map(({ performer }) => performer)).toEqual(["", "house-a", "house-a", "", "house-c"]);
      expect(decided.map(({ version }) => Number(version))).toEqual([1, 2, 3, 4, 5]);
      const sent = await records(caseId);
      expect(sent.map(({ headers }) => headers["ce_id"])).toEqual([
        eventId("first", 0),
        eventId("first", 1),
        ...[0, 1, 2].map((ordinal) => eventId("second", ordinal)),
      ]);
      expect(sent[4]?.headers).toMatchObject({
        ce_type: "ruta.referral.addressed",
        ce_source: "/ruta/router",
        traceparent: "00-a",
      });
      expect(decided[4]?.cause).toMatchObject({ topic: TOPICS.commands, commandId: "second" });
    });

    it("chooses by what superseded the first routing, even where both come in one batch with the choice", async () => {
      const [caseId, person] = [newCaseId(), `p-${randomId()}`];
      await seal.createKeys([{ keyId: `k-${person}`, subject: person }]);
      const routing = (accused: string[]) =>
        seal.sealSections([
          {
            subject: person,
            kind: SectionKind.ROUTING,
            keyId: `k-${person}`,
            plaintext: Buffer.from(JSON.stringify({ accused })),
          },
        ]);
      const [first, second] = [await routing(["house-c"]), await routing(["house-b"])];
      const supersedes = [first[0]?.sectionId ?? ""];
      await log.append([
        command(caseId, asks({ personId: person }), "sender", { sections: first }),
        command(caseId, { case: "supplement", value: { supersedes } }, "sender", { sections: second }),
        command(caseId, usual("reject", 0), "house-a"),
      ]);
      const decided = await events(caseId, 6);
      expect(factsOf(decided)).toEqual("requested addressed supplemented rejected requested addressed".split(" "));
      expect(decided.at(-1)?.performer).toBe("house-c");
      expect(decided.at(-1)?.performerMay).toEqual(["receive", "accept", "reject", "supplement"]);
    });

    it("decides a command once, however often the log repeats it, before and after a restart", async () => {
      const caseId = newCaseId();
      const request = command(caseId, asks(), "sender");
      const accept = command(caseId, usual("accept", 0), "house-a");
      await log.append([request, request, accept]);
      await events(caseId, 3);
      await bed.router().stop();
      await log.append([request, accept]);
      await bed.start();
      await log.append([accept, command(caseId, usual("start", 0), "house-a")]);
      expect(factsOf(await events(caseId, 4))).toEqual(["requested", "addressed", "accepted", "started"]);
    });

    it("answers a rehearsal for its counterpart through the log, once, also where the request comes again", async () => {
      const [caseId, nowhere] = [newCaseId(), newCaseId()];
      const request = command(caseId, asks({ rehearsal: "complete" }), "sender");
      await log.append([
        request,
        request,
        command(nowhere, asks({ rehearsal: "complete", serviceType: "DOC-REF" }), "sender"),
      ]);
      await events(caseId, 6);
      await bed.router().stop();
      await log.append([request]);
      await bed.start();
      await log.append([command(caseId, { case: "acknowledge", value: {} }, "sender")]);
      const decided = await events(caseId, 7);
      expect(factsOf(decided)).toEqual(
        "requested addressed received accepted started completed acknowledged".split(" "),
      );
      expect(decided.map(({ rehearsal }) => rehearsal)).toEqual(Array(7).fill("complete"));
      expect((await records(caseId)).map(({ headers }) => headers.traceparent)).toEqual(Array(7).fill("00-a"));
      expect((await events(nowhere, 2)).at(-1)?.fact.case).toBe("worklisted");
      const { items } = (await get("/admin/router/worklist")).body as unknown as { items: object[] };
      expect(JSON.stringify(items)).not.toContain(nowhere);
      expect((await get(`/admin/router/cases/${nowhere}`)).body).toMatchObject({ rehearsal: "complete" });
    });

    it("does not send on a person whose key was destroyed", async () => {
      const [caseId, person] = [newCaseId(), `p-${randomId()}`];
      await seal.createKeys([{ keyId: `k-${person}`, subject: person }]);
      const content = {
        subject: person,
        kind: SectionKind.ROUTING,
        keyId: `k-${person}`,
        plaintext: Buffer.from("{}"),
      };
      const sections = await seal.sealSections([content]);
      await log.append([command(caseId, asks({ personId: person }), "sender", { sections })]);
      await events(caseId, 2);
      await seal.destroyKeys([`k-${person}`]);
      await log.append([command(caseId, usual("reject", 0), "house-a")]);
      expect((await events(caseId, 5)).at(-1)?.fact).toMatchObject({
        case: "worklisted",
        value: { reasonCode: "content-gone" },
      });
    });

    it("waits for the directory under which the door validated, and parks nothing", async () => {
      const caseId = newCaseId();
      await log.append([
        command(caseId, asks({ serviceType: "ALIM" }), "sender", { directoryRevision: bed.revision() + 1n }),
      ]);
      await commit({
        case: "service",
        value: { ...QUITO.all("service")[0]!, id: "meals-a", serviceType: "ALIM" },
      });
      const [, addressed] = await events(caseId, 2);
      expect(addressed).toMatchObject({ directoryRevision: bed.revision(), performer: "house-a" });
      expect(await bed.router().engine.parked()).toEqual([]);
    });

    it("shows what waits on the worklist, and nothing of what a case of class V is about", async () => {
      const [open, hidden] = [newCaseId(), newCaseId()];
      await log.append([
        command(open, asks({ serviceType: "DOC-REF" }), "sender"),
        command(hidden, asks({ serviceType: "ALO-VBG", confidentiality: Confidentiality.VERY_RESTRICTED }), "sender"),
      ]);
      await Promise.all([events(open, 2), events(hidden, 2)]);
      const { items } = (await get("/admin/router/worklist")).body as unknown as { items: Record<string, unknown>[] };
      expect(items.find((row) => row["case"] === open)).toMatchObject({
        serviceType: "DOC-REF",
        requester: "sender",
        phase: "worklisted",
      });
      const row = items.find((r) => r["case"] === hidden);
      expect(row).toMatchObject({ confidentiality: "V", phase: "worklisted" });
      expect(JSON.stringify(row)).not.toMatch(/ALO-VBG|sender/);
    });

    it("tries again when an operator asks, by a command like any other, with the act on record", async () => {
      const caseId = newCaseId();
      const referral = referralId(caseId, 1);
      await log.append([command(caseId, asks({ serviceType: "LEG" }), "sender")]);
      await events(caseId, 2);
      const url = `/admin/router/worklist/${referral}/resolve`;
      const retry = { how: "retry", reason: "llamada" };
      expect((await post(url, retry, "auditor")).status).toBe(403);
      expect((await post(url, { ...retry, reason: "" })).status).toBe(400);
      expect((await post(`/admin/router/worklist/${referralId(newCaseId(), 1)}/resolve`, retry)).status).toBe(404);
      await commit({ case: "service", value: { ...QUITO.all("service")[1]!, id: "law-b", serviceType: "LEG" } });
      // The command names no revision of its own: wait until the router has this one.
      const probe = newCaseId();
      await log.append([command(probe, asks(), "sender")]);
      await events(probe, 2);
      expect((await post(url, retry)).status).toBe(200);
      const addressed = (await events(caseId, 3)).at(-1);
      expect(addressed).toMatchObject({
        performer: "house-b",
        actor: { institution: "hub", worker: "staff-1", channel: Channel.STAFF },
        fact: { case: "addressed", value: { chosenBy: "chosen-by-operator" } },
      });
      expect(await bed.acts(referral)).toMatchObject([
        { staff: "staff-1", act: "router.worklist.retry", reason: "llamada" },
      ]);
      expect((await post(url, retry)).status).toBe(409);
    });

    it("shows a case by ids and codes, by its id or a referral's", async () => {
      const caseId = newCaseId();
      await log.append([command(caseId, asks(), "sender"), command(caseId, usual("accept", 0), "house-a")]);
      await events(caseId, 3);
      const { body } = await get(`/admin/router/cases/${referralId(caseId, 1)}`);
      expect(body).toMatchObject({ case: caseId, version: 3, confidentiality: "N" });
      expect(body["referrals"]).toMatchObject([
        { phase: "accepted", performer: "house-a", expected: { institution: "house-a" } },
      ]);
      expect((await get(`/admin/router/cases/${newCaseId()}`)).status).toBe(404);
      expect((await get("/admin/router/cases/..%2Fetc")).status).toBe(404);
    });

    it("parks what is no command of its case, lets others pass, and releases it for an operator", async () => {
      const [caseId, other] = [newCaseId(), newCaseId()];
      const { value } = command(newCaseId(), asks(), "sender");
      const wrong = { ...command(caseId, asks(), "sender"), value };
      await log.append([wrong, command(other, asks(), "sender")]);
      await events(other, 2);
      const parked = await vi.waitUntil(async () => {
        const records = await bed.router().engine.parked();
        return records.length > 0 ? records : undefined;
      }, SOON);
      expect(parked).toMatchObject([{ key: caseId, topic: TOPICS.commands, reason: "undecodable" }]);
    });

    it("is ready, and says so", () => {
      expect(bed.router().health()).toEqual({ ready: true, reasons: [] });
    });
  });
