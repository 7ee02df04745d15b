// Follows the inbox, for an institution that hosts no server. Ctrl-C ends it after the event at hand.
import { createClient, fileSeen } from "@ruta/client";

const { RUTA_URL: url, RUTA_INSTITUTION: institution, RUTA_TOKEN: token } = process.env;
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

await createClient({ url, institution, token }).inbox({
  signal: stop.signal,
  seen: fileSeen("./ruta-seen"),
  // Once this resolves the event is acknowledged; when it throws, the event comes again.
  onEvent: (event) => console.log(event.type, event.data.referral),
  onError: (error) => console.error("again in a moment:", error),
});
