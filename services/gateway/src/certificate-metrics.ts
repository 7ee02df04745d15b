// How long the gateway's own certificate is still good, for operators: the one that was read at the start, which is in force.
import { X509Certificate } from "node:crypto";
import type { Metrics } from "@ruta/kit";

/** Registers the gauge; without a certificate (PEM) it has no value. */
export function createCertificateMetrics(metrics: Metrics, pem: string | undefined, now: () => number): void {
  const until = pem === undefined ? undefined : Date.parse(new X509Certificate(pem).validTo);
  const gauge = "ruta_gateway_certificate_expiry_seconds";
  metrics.readings({
    part: "certificate",
    gauges: {
      [gauge]: {
        help: "Until the gateway's certificate (RUTA_TLS_CERT) ends, as read at the start; negative once it has ended",
      },
    },
    read: () => (until === undefined ? [] : [{ gauge, value: (until - now()) / 1000 }]),
  });
}
