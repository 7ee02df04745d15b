// Two persons and what the case is told: every way in which one person might pass for two, and records of which nothing can be read.
import {
  Channel,
  ReferralCommandSchema,
  ReferralEventSchema,
  StaffRole,
  TOPICS,
  create,
  decodeRecord,
  encodeRecord,
  newCaseId,
} from "@ruta/events";
import type { SignedBy } from "@ruta/events";
import type { LogRecord } from "@ruta/log";
import { expect, test } from "vitest";
import { isSecondPerson, proposalBy, readProposal, setAsideCommand } from "./set-aside.ts";

const AT = Date.parse("2026-11-23T15:00:00Z");
const staff = (id: string, key: number): SignedBy => ({
  id,
  roles: [StaffRole.OPERATOR],
  publicKey: new Uint8Array(32).fill(key),
  signature: new Uint8Array(64).fill(key),
  bodySha256: new Uint8Array(32),
});
const CASE = newCaseId();
const first = proposalBy(staff("op-1", 1), "unreadable", AT);
const meta = { id: "command-1", source: "/ruta/gateway", type: "ruta.referral.accept", time: AT };

function recordOf(value: Uint8Array, rest: Partial<LogRecord> = {}): LogRecord {
  const where = { topic: TOPICS.commands, partition: 3, offset: 17n, time: AT };
  return { ...where, key: CASE, value, headers: { ce_id: "command-1" }, ...rest };
}
const commandOf = (caseId: string, referralId = `${CASE}-2`) =>
  encodeRecord(
    TOPICS.commands,
    caseId,
    create(ReferralCommandSchema, { caseId, referralId, actor: { institution: "house", channel: Channel.WEBHOOK } }),
    meta,
  ).value;

function told(record: LogRecord) {
  const made = setAsideCommand(record, first, staff("op-2", 2), AT);
  if (!made) throw new Error("the case is told nothing");
  const command = decodeRecord(TOPICS.commands, made.value);
  if (command.act.case !== "recordSetAside") throw new Error("another act");
  return { made, command, act: command.act.value };
}

test("the second person has another id and another key", () => {
  expect(isSecondPerson(first, staff("op-2", 2))).toBe(true);
  expect(isSecondPerson(first, staff("op-1", 1))).toBe(false);
  expect(isSecondPerson(first, staff("op-1", 2))).toBe(false);
  expect(isSecondPerson(first, staff("op-2", 1))).toBe(false);
});

test("a proposal is read back as it was written, and none is none", () => {
  expect(readProposal(JSON.stringify(first))).toEqual(first);
  expect(readProposal("")).toBeUndefined();
  expect(() => readProposal("{}")).toThrow(/./);
});

test("the case is told where the record lies, who gave it up and why, and the sender is named", () => {
  const { made, command, act } = told(recordOf(commandOf(CASE)));
  expect(made).toMatchObject({ topic: TOPICS.commands, key: CASE });
  expect(command).toMatchObject({
    caseId: CASE,
    referralId: `${CASE}-2`,
    actor: { institution: "hub", worker: "op-2" },
  });
  expect(act).toMatchObject({ partition: 3, offset: 17n, commandId: "command-1", staff: ["op-1", "op-2"] });
  expect(act).toMatchObject({ reasonCode: "unreadable", institution: "house" });
});

test("a record that cannot be read, or is of another case, names no sender", () => {
  const nobody = { referralId: `${CASE}-1` };
  for (const value of [
    Buffer.from([255, 255, 255]),
    commandOf(newCaseId()),
    commandOf(newCaseId(), `${newCaseId()}-1`),
  ]) {
    const { command, act } = told(recordOf(value));
    expect(command).toMatchObject(nobody);
    expect(act.institution).toBe("");
  }
  expect(told(recordOf(commandOf(CASE, `${newCaseId()}-1`))).command).toMatchObject(nobody);
});

test("an event that was given up has no sender to tell", () => {
  const event = create(ReferralEventSchema, { caseId: CASE, referralId: `${CASE}-1`, actor: { institution: "house" } });
  const { value } = encodeRecord(TOPICS.events, CASE, event, meta);
  expect(told(recordOf(value, { topic: TOPICS.events })).act).toMatchObject({ institution: "", topic: TOPICS.events });
});

test("a record whose key is no case tells no case", () => {
  expect(setAsideCommand(recordOf(commandOf(CASE), { key: "directory" }), first, staff("op-2", 2), AT)).toBeUndefined();
});
