// Receives webhooks on node:http, and accepts each referral that comes.
import { createServer } from "node:http";
import { createClient, fileSeen, receiver } from "@ruta/client";

const { RUTA_URL: url, RUTA_INSTITUTION: institution, RUTA_KEY: key, RUTA_SECRET = "", PORT = "8080" } = process.env;
const ruta = createClient({ url, institution, key });

const handler = receiver({
  // The endpoint's secret (whsec_…), or the hub's public key (whpk_…); while one replaces another, both.
  keys: RUTA_SECRET.split(","),
  // Outlives this process. With a database of your own, keep webhook-ids there, in the transaction that keeps the event.
  seen: fileSeen("./ruta-seen"),
  async onEvent(event, { webhookId, late }) {
    console.log(event.type, event.data.referral, late ? "late" : "");
    if (event.type !== "ruta.referral.request") return;
    // The id is made from the one received: if this runs twice, the hub records one answer.
    const answer = { referral: event.data.referral, worker: "op-7" };
    await ruta.answer("accept", answer, { webhookId: `accept-${webhookId}` });
  },
  onRefusal: (status, reason) => console.error("answered", status, reason),
});

createServer(handler).listen(Number(PORT), () => console.log(`listening on ${PORT}`));
