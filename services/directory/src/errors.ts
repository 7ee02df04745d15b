// Every refusal of an act on the directory: its code, HTTP status, title, and what the member of staff can do.

/** Refusals by code. A code never changes its meaning. */
export const REFUSALS = {
  "directory-invalid": {
    status: 422,
    title: "The directory would not be valid",
    remedy: "Mend every problem that is listed and apply again; nothing was applied.",
  },
  "request-invalid": {
    status: 400,
    title: "The request has not the form of this act",
    remedy: "Compare the body with the act's fields; reason is always required.",
  },
  "role-missing": {
    status: 403,
    title: "The act needs a role that this member of staff does not have",
    remedy: "Ask an administrator.",
  },
  "recovery-limited": {
    status: 403,
    title: "The recovery key may only add an administrator",
    remedy: "Add one new member of staff with the role administrator, then act with that key.",
  },
  "last-administrator": {
    status: 409,
    title: "No administrator would remain",
    remedy: "Add another administrator first.",
  },
  "act-repeated": {
    status: 409,
    title: "This signed request was executed already",
    remedy: "Look at the directory; sign a new request to act again.",
  },
  "directory-empty": {
    status: 409,
    title: "The directory has no first revision yet",
    remedy: "Set RUTA_FIRST_ADMIN as `ruta init` printed it and start the directory service.",
  },
  "log-behind": {
    status: 503,
    title: "The log does not have the revision before this one yet",
    remedy: "Look at the health of the directory service and of the log, then apply again.",
  },
  "unknown-entry": {
    status: 404,
    title: "The directory has no such entry",
    remedy: "List what there is and name one of them.",
  },
  "another-approver": {
    status: 409,
    title: "A roadmap is approved by another person than the one who proposed it",
    remedy: "Ask another administrator, who signs with a key of their own.",
  },
  "proposal-changed": {
    status: 409,
    title: "What waits is not what you looked at",
    remedy: "Look at the proposal again, and approve it by the SHA-256 that it shows now.",
  },
  "too-many-keys": {
    status: 409,
    title: "Three keys of the institution would count at once besides the new one",
    remedy: "Wait until an older one ends, revoke one, or rotate without overlap.",
  },
  "still-changing-over": {
    status: 409,
    title: "The secret before this one still counts",
    remedy: "Wait until it ends, or rotate without overlap: then both older ones end at once.",
  },
} as const;

/** Code of a refusal. */
export type RefusalCode = keyof typeof REFUSALS;
