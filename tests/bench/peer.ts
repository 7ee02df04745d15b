// The two servers that `intake` is measured against, each a process of its own. `bare`: Fastify, the signature's check, one
// batched append. `floor`: the same, and what cannot be done without: the same sealing under keys of its own (one batched
// insert), and the receipt's signature.
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { SectionKind, newCaseId, newPersonId, TOPICS, TOPIC_SPECS } from "@ruta/events";
import type { NewRecord } from "@ruta/events";
import { batcher } from "@ruta/kit";
import { openLog } from "@ruta/log";
import { decodeSecret, generateKeyPair, signReceipt, verifyWebhook } from "@ruta/proof";
import { openSeal } from "@ruta/seal";
import type { Seal } from "@ruta/seal";
import { fastify } from "fastify";
import { serve } from "./child.ts";
import type { Sender } from "./sample.ts";

/** Which of the two. */
export type Kind = "bare" | "floor";

/** What a peer is told. */
export type PeerJob =
  | {
      readonly listen: Kind;
      readonly databaseUrl: string;
      readonly kafkaBrokers: string | undefined;
      readonly senders: readonly Sender[];
    }
  | { readonly usage: true }
  | { readonly count: true };

interface Came {
  readonly institution: string;
  readonly webhookId: string;
  readonly body: Buffer;
}
interface Body {
  readonly data: { readonly person: { readonly identity: unknown; readonly narrative: unknown } };
}

/** As the door gathers. */
const BATCH = { maxItems: 100, maxWaitMs: 1, concurrency: 2 };

/** Seals a batch of requests as the door does, five pieces each, under new keys of case and person. */
function createSealing(seal: Seal): (batch: readonly Came[]) => Promise<{ record: NewRecord; answer: object }[]> {
  const { seed, publicKey } = generateKeyPair();
  return async (batch) => {
    const subjects = batch.map(() => [newCaseId(), newPersonId()] as const);
    await seal.createKeys(subjects.flat().map((subject) => ({ keyId: `k-${subject}`, subject })));
    return Promise.all(
      batch.map(async ({ institution, webhookId, body }, index) => {
        const [caseId, personId] = subjects[index]!;
        const salt = randomBytes(16);
        const { identity, narrative, ...routing } = (JSON.parse(body.toString("utf8")) as Body).data.person;
        const ids = { institution, webhookId, caseId, referralId: `${caseId}-1`, personIds: [personId] };
        const facts = { ...ids, receivedAt: new Date().toISOString() };
        const receipt = signReceipt(facts, { salt, body }, { seed, publicKey });
        const answer = { receipt, referral: facts.referralId, case: caseId, person: personId };
        const piece = (subject: string, kind: SectionKind, plaintext: Buffer) => ({
          subject,
          kind,
          keyId: `k-${subject}`,
          plaintext,
        });
        const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
        const sections = await seal.sealSections([
          piece(personId, SectionKind.IDENTITY, json(identity)),
          piece(personId, SectionKind.NARRATIVE, json({ narrative })),
          piece(personId, SectionKind.ROUTING, json(routing)),
          piece(caseId, SectionKind.RAW, body),
          piece(caseId, SectionKind.RAW, json(answer)),
        ]);
        const value = Buffer.concat(sections.map(({ ciphertext }) => ciphertext));
        return { record: { topic: TOPICS.commands, key: caseId, value, headers: { ce_id: webhookId } }, answer };
      }),
    );
  };
}

type Listening = { port: number; count: () => Promise<number> };

async function listen(job: Extract<PeerJob, { listen: Kind }>): Promise<Listening> {
  const { listen: kind, databaseUrl, kafkaBrokers, senders } = job;
  const log = await openLog({ databaseUrl, kafkaBrokers, prefix: `${kind}.`, clientId: kind });
  await log.createTopics(TOPIC_SPECS.filter(({ name }) => name === TOPICS.commands));
  const keys = new Map(
    senders.map(({ id, secret }) => [id, [{ scheme: "v1" as const, secret: decodeSecret(secret)! }]]),
  );
  const sealing =
    kind === "floor"
      ? createSealing(await openSeal({ url: databaseUrl, masterKey: randomBytes(32), schema: "floor" }))
      : undefined;
  const sealed =
    sealing &&
    batcher<Came, object>({
      ...BATCH,
      async run(batch) {
        const made = await sealing(batch);
        await log.append(made.map(({ record }) => record));
        return made.map(({ answer }) => answer);
      },
    });
  async function produced({ webhookId, body }: Came): Promise<object> {
    const caseId = newCaseId();
    await log.append([{ topic: TOPICS.commands, key: caseId, value: body, headers: { ce_id: webhookId } }]);
    return { case: caseId };
  }

  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/cloudevents+json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  app.post<{ Params: { institution: string }; Body: Buffer }>("/v1/in/:institution", async (request, reply) => {
    const { institution } = request.params;
    const header = (name: string): string => String(request.headers[name]);
    const webhookId = header("webhook-id");
    const headers = { id: webhookId, timestamp: header("webhook-timestamp"), signature: header("webhook-signature") };
    const { body } = request;
    if (!verifyWebhook({ headers, body, keys: keys.get(institution) ?? [], now: Date.now() }).ok)
      return reply.status(401).send();
    const came = { institution, webhookId, body };
    return reply.status(202).send(await (sealed ? sealed(came) : produced(came)));
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const count = async (): Promise<number> =>
    (await log.offsets(TOPICS.commands)).reduce((sum, { start, end }) => sum + Number(end - start), 0);
  return { port: (app.server.address() as AddressInfo).port, count };
}

let listening: Listening | undefined;
serve(async (job: PeerJob) => {
  if ("listen" in job) return (listening = await listen(job)).port;
  if ("count" in job) return listening?.count();
  const { user, system } = process.cpuUsage();
  return { cpuS: (user + system) / 1e6, rssMb: process.memoryUsage.rss() / 1e6 };
});
