// Who of the staff may reach a route: the admin app has checked the signature, the role is checked here.
import { STAFF_PROBLEMS, mayOperate, mayWatch } from "@ruta/events";
import type { SignedBy } from "@ruta/events";
import { problemsOf } from "@ruta/kit";
import type { FastifyRequest } from "fastify";

const problem = problemsOf(STAFF_PROBLEMS);

type Asked = Pick<FastifyRequest, "id">;

function staffOf(request: Asked): SignedBy {
  const { staff } = request as Asked & { readonly staff?: SignedBy };
  if (!staff) throw new Error("an administrative route was reached without a checked signature");
  return staff;
}

/** Whoever may look; refuses anybody else. */
export function watcher(request: Asked): SignedBy {
  const staff = staffOf(request);
  if (!mayWatch(staff)) throw problem("staff-role");
  return staff;
}

/** Whoever may mend flows; refuses anybody else. */
export function operator(request: Asked): SignedBy {
  const staff = staffOf(request);
  if (!mayOperate(staff)) throw problem("staff-role");
  return staff;
}
