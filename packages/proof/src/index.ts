// What can be proved: signatures, webhooks, receipts and signed requests. Imports node:crypto and nothing else.
export * from "./ed25519.ts";
export * from "./receipt.ts";
export * from "./request.ts";
export * from "./webhook.ts";
