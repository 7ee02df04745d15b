// What the delivery service reads from the environment.
import { z } from "zod";

/** Variables of the delivery service. */
export const config = z.object({
  RUTA_ALLOW_LOOPBACK: z
    .enum(["0", "1"])
    .default("0")
    .meta({ help: "1 lets deliveries go to loopback over http: development only" }),
});

/** The parsed variables. */
export type DeliveryConfig = z.infer<typeof config>;
