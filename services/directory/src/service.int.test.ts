// The directory service on a real database and each real log: one writer, one revision an act, what is folded is what was applied.
import type { Log } from "@ruta/log";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SAMPLE, entriesOf } from "./sample.ts";
import { openTestService } from "./test-service.ts";
import type { TestService } from "./test-service.ts";

describe.each(testLogs())("the directory on $name", (driver) => {
  let test: TestService;
  beforeAll(async () => {
    if (driver.available) test = await openTestService(driver);
  });
  afterAll(() => test?.close());

  it.skipIf(!driver.available)("lives through a life of acts", async () => {
    // Two first starts at once make one first revision, of the staff they were given.
    const [one, two] = await Promise.all([test.started("directory_a"), test.started("directory_a")]);
    expect((await test.folded()).directory.revision).toBe(1n);
    expect(one.service.health()).toEqual({ ready: true, reasons: [] });

    // A dry run shows and changes nothing; an apply makes one revision; the same again makes none.
    const apply = { entries: entriesOf(SAMPLE), reason: "sample" };
    const dry = await one.ask("POST", "/apply", { ...apply, dryRun: true });
    expect(dry).toMatchObject({ status: 200, body: { revision: "1" } });
    expect(dry.body.changes).toHaveLength(11);
    expect((await one.ask("POST", "/apply", apply)).body).toMatchObject({ revision: "2" });
    expect((await two.ask("POST", "/apply", apply)).body).toMatchObject({ revision: "2" });
    const after = await test.folded();
    expect(after.directory.revision).toBe(2n);
    expect(after.directory.get("service", "casa-legal")).toMatchObject({ institution: "casa", acceptsReferrals: true });
    expect(after.directory.committed).toMatchObject({ staff: "ana", reason: "sample", entries: 11 });
    expect(after.directory.committed?.signature).toHaveLength(64);
    expect(new Set(after.records.map(({ headers }) => headers.ce_id)).size).toBe(after.records.length);
    expect(after.records.map(({ headers }) => headers.ce_type)).toContain("ruta.directory.revision-committed");
    expect(new Set(after.records.map(({ key }) => key))).toEqual(new Set(["directory"]));

    // All or nothing.
    const faulty = entriesOf(
      `institutions:\n  - { id: nueva, name: Nueva, type: public }\n  - { id: mala, name: M, type: public, parent: nadie }`,
    );
    expect(await one.ask("POST", "/apply", { entries: faulty, reason: "faulty" })).toMatchObject({
      status: 422,
      body: {
        code: "directory-invalid",
        detail:
          "d.yaml:3 institution mala, parent: names no institution: nadie; add the institution nadie, or name one that exists",
        problems: [{ file: "d.yaml", line: 3, field: "parent" }],
      },
    });
    expect((await test.folded()).directory.get("institution", "nueva")).toBeUndefined();

    // Two at once, at two instances: two revisions, both stand.
    const rename = (id: string, name: string) => ({
      entries: entriesOf(`institutions:\n  - { id: ${id}, name: ${name}, type: public }`),
      reason: name,
    });
    const both = await Promise.all([
      one.ask("POST", "/apply", rename("otra", "Una")),
      two.ask("POST", "/apply", rename("mas", "Dos")),
    ]);
    expect(new Set(both.map(({ body }) => body.revision))).toEqual(new Set(["3", "4"]));
    const { directory } = await test.folded();
    expect([directory.get("institution", "otra")?.name, directory.get("institution", "mas")?.name]).toEqual([
      "Una",
      "Dos",
    ]);

    // What a stranger to the acting instance sees is what the log has.
    for (const each of [one, two]) await expect.poll(async () => (await each.ask("GET", "")).body.revision).toBe("4");
    expect((await one.ask("GET", "/institution")).body.entries).toHaveLength(4);
    expect(await one.ask("GET", "/secrets")).toMatchObject({ status: 404, body: { code: "unknown-entry" } });
  });

  it.skipIf(!driver.available)(
    "never lets a revision overtake the one before it, whichever process made that",
    async () => {
      const gate = Promise.withResolvers<void>();
      let held = 0;
      const append: Log["append"] = async (records) => {
        held += 1;
        await gate.promise;
        return test.log.append(records);
      };
      const slow = await test.started("directory_a", { on: { ...test.log, append } });
      const prompt = await test.started("directory_a");
      const before = (await test.folded()).directory.revision;
      const token = { institution: "casa", reason: "race" };
      const first = slow.ask("POST", "/tokens", token);
      await expect.poll(() => held).toBeGreaterThan(0);
      // The second act finds the first one's revision in the database, and that the log does not have it.
      const second = prompt.ask("POST", "/tokens", token);
      const early = await Promise.race([second, new Promise((resolve) => setTimeout(() => resolve("waits"), 500))]);
      expect(early).toBe("waits");
      expect((await test.folded()).directory.revision).toBe(before);
      gate.resolve();
      expect((await first).body.revision).toBe(String(before + 1n));
      expect((await second).body.revision).toBe(String(before + 2n));
      expect((await test.folded()).directory.revision).toBe(before + 2n);
    },
  );

  it.skipIf(!driver.available)(
    "goes on from the log when its database was lost, and waits when it has neither",
    async () => {
      const before = (await test.folded()).directory;
      const { ask } = await test.started("directory_b");
      const answer = await ask("POST", "/apply", {
        entries: entriesOf("institutions:\n  - { id: tarde, name: Tarde, type: public }"),
        reason: "after",
      });
      expect(answer.body.revision).toBe(String(before.revision + 1n));
      const { directory } = await test.folded();
      expect(directory.all("institution").map(({ id }) => id)).toEqual([
        ...before.all("institution").map(({ id }) => id),
        "tarde",
      ]);

      const empty = await test.emptyLog();
      const instance = await test.started("directory_c", { first: "", on: empty });
      expect(instance.service.health()).toEqual({
        ready: false,
        reasons: ["the directory has no first revision: set RUTA_FIRST_ADMIN as `ruta init` printed it"],
      });
      expect(await instance.ask("POST", "/keys", { institution: "casa", reason: "x" })).toMatchObject({
        status: 409,
        body: { code: "directory-empty" },
      });
      await instance.stop();
      await empty.close();
    },
  );
});
