// What an institution uses: a client to send, read and follow its inbox, and a receiver for webhooks.
export { createClient } from "./client.ts";
export type { Act, AnswerAct, Client, ClientOptions, Filter, Referral, SendOptions, Sent, Would } from "./client.ts";
export { ReceiptInvalid, Refused, Unanswered } from "./errors.ts";
export type { Problem } from "./errors.ts";
export type { EventData, HubEvent, Taken } from "./event.ts";
export type { ActData, Consent, Member, Person, Status } from "./gen/acts.ts";
export type { InboxOptions } from "./inbox.ts";
export { receiver } from "./receiver.ts";
export type { Receiver, ReceiverOptions, Reply } from "./receiver.ts";
export { fileSeen, memorySeen } from "./seen.ts";
export type { Seen } from "./seen.ts";
export type { OnEvent } from "./take.ts";
