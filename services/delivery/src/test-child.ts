// A process of its own for the crash test: runs delivery until it is killed.
import { openDb } from "@ruta/db";
import { createMetrics } from "@ruta/kit";
import { openLog, silentLogger } from "@ruta/log";
import type { LogConfig } from "@ruta/log";
import { generateKeyPair } from "@ruta/proof";
import { openSeal } from "@ruta/seal";
import { createDelivery } from "./service.ts";
import { QUICK, adminApp } from "./test-service.ts";

/** What the child runs on, given as JSON in the environment variable CHILD. */
interface ChildTask {
  readonly databaseUrl: string;
  readonly schema: string;
  readonly log: LogConfig;
  readonly masterKey: string;
}

// The parent's end must be this process's end too.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 500).unref();

const task = JSON.parse(process.env.CHILD ?? "{}") as ChildTask;
const service = await createDelivery({
  log: await openLog(task.log),
  db: openDb({ url: task.databaseUrl, name: "delivery-child" }),
  schema: task.schema,
  seal: await openSeal({
    url: task.databaseUrl,
    masterKey: new Uint8Array(Buffer.from(task.masterKey, "base64")),
    schema: "keyring",
  }),
  signingSeeds: [generateKeyPair().seed],
  logger: silentLogger,
  config: { RUTA_ALLOW_LOOPBACK: "1" },
  admin: adminApp(),
  metrics: createMetrics(),
  limits: { ...QUICK, deadlineMs: 30_000 },
});
await service.start();
