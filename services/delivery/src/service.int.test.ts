// Delivery on a real database and each real log, to real HTTP endpoints: what is sent, how it is signed, what the case is told.
import { randomBytes } from "node:crypto";
import { AttemptOutcome, TOPICS, newCaseId } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { verifyWebhook } from "@ruta/proof";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Bed } from "./test-service.ts";

const SOON = { timeout: 15_000, interval: 20 };

for (const driver of testLogs())
  describe.skipIf(!driver.available)(`delivery on ${driver.name}`, () => {
    let bed: Bed;

    beforeAll(async () => {
      bed = await Bed.open(driver);
      await bed.start();
    });
    afterAll(() => bed.close());

    it("sends what the npm library standardwebhooks verifies, and tells the case", async () => {
      const secret = new Uint8Array(randomBytes(32));
      const receiver = await bed.receiver("house", { secret });
      const caseId = newCaseId();
      await bed.tell(caseId, { fact: { case: "requested", value: {} } }, { fact: { case: "addressed", value: {} } });
      await vi.waitFor(() => expect(receiver.got).toHaveLength(1), SOON);
      const [received] = receiver.got;
      const library = new Webhook(Buffer.from(secret).toString("base64"));
      const event = library.verify(received!.body, received!.headers as Record<string, string>);
      expect(event).toMatchObject({ specversion: "1.0", type: "ruta.referral.request", sequence: "0000000001" });
      const commands = await vi.waitUntil(async () => {
        const told = await bed.messages(TOPICS.commands, caseId);
        return told.length > 0 ? told : undefined;
      }, SOON);
      expect(commands).toMatchObject([
        {
          actor: { institution: "hub" },
          act: { case: "recordDelivered", value: { eventId: `${caseId}-2`, institution: "house", attempts: 1 } },
        },
      ]);
      expect(await bed.messages(TOPICS.attempts, caseId)).toMatchObject([
        {
          attempt: 1,
          status: 200,
          failure: "",
          outcome: AttemptOutcome.DELIVERED,
          webhookId: received!.headers["webhook-id"],
        },
      ]);
    });

    it("signs by the hub's own key where the recipient chose v1a", async () => {
      const receiver = await bed.receiver("house");
      await bed.tell(newCaseId(), { fact: { case: "addressed", value: {} } });
      await vi.waitFor(() => expect(receiver.got).toHaveLength(1), SOON);
      const { headers, body } = receiver.got[0]!;
      const verdict = verifyWebhook({
        headers: {
          id: headers["webhook-id"] as string,
          timestamp: headers["webhook-timestamp"] as string,
          signature: headers["webhook-signature"] as string,
        },
        body,
        keys: [{ scheme: "v1a", publicKey: bed.signing.publicKey }],
        now: Date.now(),
      });
      expect(verdict).toEqual({ ok: true, keyIndex: 0 });
    });
  });
