// The words of the hub: messages, topics, ids, record headers and the directory as everyone folds it.
export * from "./codes.ts";
export * from "./directory.ts";
export * from "./glossary.ts";
export * from "./ids.ts";
export * from "./record.ts";
export * from "./rehearsal.ts";
export * from "./sections.ts";
export * from "./staff-act.ts";
export * from "./topics.ts";
export * from "./words.ts";
export * from "./gen/ruta/access/v1/access_pb.ts";
export * from "./gen/ruta/delivery/v1/attempt_pb.ts";
export * from "./gen/ruta/delivery/v1/inbox_pb.ts";
export * from "./gen/ruta/directory/v1/directory_pb.ts";
export * from "./gen/ruta/referral/v1/command_pb.ts";
export * from "./gen/ruta/referral/v1/common_pb.ts";
export * from "./gen/ruta/referral/v1/event_pb.ts";
