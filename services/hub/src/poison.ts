// Routes for what has stepped aside: every service parks in its own tables, and staff sees and releases it in the same way.
import { STAFF_PROBLEMS, mayOperate, mayWatch, staffActRecord } from "@ruta/events";
import type { SignedBy } from "@ruta/events";
import { HTTP_PROBLEMS, problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";
import type { Engine } from "@ruta/log";
import { z } from "zod";

const problem = problemsOf({ ...HTTP_PROBLEMS, ...STAFF_PROBLEMS });

const release = z.strictObject({
  topic: z.string().max(100),
  key: z.string().max(100),
  reason: z.string().trim().min(3).max(500),
});

/** Checks a role of whoever signed the request. */
function allowed(staff: SignedBy, may: (staff: SignedBy) => boolean): SignedBy {
  if (!may(staff)) throw problem("staff-role");
  return staff;
}

/** Adds GET /admin/{service}/poison, and POST …/release, which lets the records of a key go in order. */
export function servePoison(admin: HttpApp, service: string, engine: Engine, now: () => number): void {
  admin.get(`/admin/${service}/poison`, async (request) => {
    allowed(request.staff, mayWatch);
    const parked = await engine.parked();
    return { records: parked.map((record) => ({ ...record, offset: String(record.offset) })) };
  });

  admin.post(`/admin/${service}/poison/release`, { schema: { body: release } }, async (request) => {
    const staff = allowed(request.staff, mayOperate);
    const { topic, key, reason } = request.body;
    const found = (await engine.parked()).find((record) => record.topic === topic && record.key === key);
    if (!found) throw problem("not-found");
    const record = staffActRecord(staff, { act: `${service}.poison.release`, target: key, reason, at: now() });
    await engine.transact(async () => ({ result: undefined, records: [record] }), { waitForLog: true });
    return { released: await engine.release(found.topic, key) };
  });
}
