// What the directory service reads from the environment.
import { z } from "zod";
import { FIRST_ADMIN } from "./first.ts";

/** Variables of the directory service. */
export const config = z.object({
  RUTA_FIRST_ADMIN: z
    .string()
    .regex(FIRST_ADMIN, "staffId:whpk_… pairs, comma separated, as `ruta init` printed them")
    .optional()
    .meta({
      help: "staff of the first revision, staffId:whpk_… pairs, comma separated; `recovery` is the recovery key",
    }),
  RUTA_ALLOW_LOOPBACK: z
    .enum(["0", "1"])
    .default("0")
    .meta({ help: "1 lets endpoints be on this machine over http: development only" }),
});

/** The parsed variables. */
export type DirectoryConfig = z.infer<typeof config>;
