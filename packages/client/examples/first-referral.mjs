import { createClient } from "@ruta/client";

const { RUTA_URL: url, RUTA_INSTITUTION: institution, RUTA_KEY: key, RUTA_TOKEN: token } = process.env;
const ruta = createClient({ url, institution, key, token });
const sent = await ruta.request({
  serviceType: "ALO-FAM", // a code of ruta.directory("terms")
  priority: "urgent",
  consent: { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-12" },
});
console.log(sent.referral, (await ruta.referral(sent.referral)).status);
