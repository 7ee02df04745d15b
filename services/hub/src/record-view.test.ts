// What staff sees of a record: ids, codes and sizes, whatever the record holds; a canary in every free field stays hidden.
import {
  Channel,
  Confidentiality,
  DirectoryRecordSchema,
  ReferralCommandSchema,
  ReferralEventSchema,
  SectionKind,
  TOPICS,
  create,
  encodeRecord,
  newCaseId,
} from "@ruta/events";
import { expect, test } from "vitest";
import { recordView } from "./record-view.ts";

const CASE = newCaseId();
const CANARY = "Yuleima Zambrano";
const meta = { id: "command-1", source: "/ruta/gateway", type: "ruta.referral.reject", time: 0 };
const sections = [{ sectionId: "s-1", kind: SectionKind.NARRATIVE, ciphertext: new Uint8Array(9) }];

test("a command shows its act, ids, actor and reason, and of content its kind and size", () => {
  const command = create(ReferralCommandSchema, {
    caseId: CASE,
    referralId: `${CASE}-1`,
    actor: { institution: "house", worker: "w-1", channel: Channel.WEBHOOK },
    sections,
    act: { case: "reject", value: { reasonCode: "no-capacity" } },
  });
  expect(recordView(encodeRecord(TOPICS.commands, CASE, command, meta))).toMatchObject({
    ce_id: "command-1",
    ce_type: "ruta.referral.reject",
    readable: true,
    act: "reject",
    case: CASE,
    actor: { institution: "house", worker: "w-1", channel: "webhook" },
    reasonCode: "no-capacity",
    sections: [{ kind: "narrative", section: "s-1", in: "record", bytes: 9 }],
  });
});

test("a need is not shown, nor anything that has not the form of an id or a code", () => {
  const act = { case: "request", value: { reasonCode: "SP", serviceType: "ALO-VBG", placerNumber: CANARY } } as const;
  const actor = { institution: CANARY, worker: CANARY, onBehalfOf: CANARY };
  const request = create(ReferralCommandSchema, { caseId: CANARY, referralId: CANARY, actor, act });
  const made = encodeRecord(TOPICS.commands, CASE, request, meta);
  const text = JSON.stringify(recordView({ ...made, headers: { ce_id: CANARY, ce_type: CANARY, other: CANARY } }));
  expect(text).not.toMatch(/Yuleima|SP|ALO-VBG/);
});

test("an event shows its fact and place, and its codes unless its class is V", () => {
  const event = (confidentiality: Confidentiality) =>
    encodeRecord(
      TOPICS.events,
      CASE,
      create(ReferralEventSchema, {
        caseId: CASE,
        version: 4n,
        confidentiality,
        cause: { topic: TOPICS.commands, partition: 1, offset: 7n },
        fact: { case: "failed", value: { reasonCode: "refused-by-status" } },
      }),
      meta,
    );
  const shown = { fact: "failed", version: 4, cause: `${TOPICS.commands}/1/7` };
  expect(recordView(event(Confidentiality.NORMAL))).toMatchObject({ ...shown, reasonCode: "refused-by-status" });
  expect(recordView(event(Confidentiality.VERY_RESTRICTED))).toMatchObject(shown);
  expect(recordView(event(Confidentiality.VERY_RESTRICTED))).not.toHaveProperty("reasonCode");
});

test("what cannot be read shows its size and nothing else", () => {
  const view = recordView({ topic: TOPICS.commands, headers: {}, value: Buffer.from(CANARY) });
  expect(view).toEqual({ bytes: CANARY.length, readable: false });
  expect(recordView({ topic: TOPICS.access, headers: {}, value: new Uint8Array() })).toEqual({
    bytes: 0,
    readable: true,
  });
});

test("what tells of no person is shown as it is, without secrets and sealed bytes", () => {
  const value = { id: "k-1", institution: "house", wrappedSecret: new Uint8Array(9) };
  const entry = { case: "institutionKey", value } as const;
  const record = encodeRecord(
    TOPICS.directory,
    "directory",
    create(DirectoryRecordSchema, { revision: 3n, entry }),
    meta,
  );
  const shown = recordView(record);
  expect(shown).toMatchObject({ readable: true, revision: "3", institutionKey: { institution: "house" } });
  expect(JSON.stringify(shown)).not.toMatch(/wrappedSecret/);
});
