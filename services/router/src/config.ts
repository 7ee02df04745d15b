// What the router reads from the environment: nothing of its own; what all services share, the hub reads.
import { z } from "zod";

/** Variables of the router. */
export const config = z.object({});
