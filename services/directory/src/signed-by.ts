// Who signed an administrative request, as the admin app that these routes are part of has found.
import type { SignedBy } from "@ruta/events";
import type { FastifyRequest } from "fastify";

/** Throws where no signature was checked: a route then stands outside the admin app. */
export function signedBy(request: FastifyRequest): SignedBy {
  const { staff } = request as FastifyRequest & { readonly staff?: SignedBy };
  if (!staff) throw new Error("an administrative route was reached without a checked signature");
  return staff;
}
