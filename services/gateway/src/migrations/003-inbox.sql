-- Inboxes, folded from ruta.delivery.inbox.v1. The lock on an inbox's row gives its places, so that no reader passes one that
-- commits later.
create table inbox (
  institution text primary key,
  last bigint not null default 0, -- the last place given
  acknowledged bigint not null default 0 -- every place up to it was acknowledged
) with (fillfactor = 50);

create table inbox_item (
  institution text not null,
  place bigint not null,
  webhook_id text not null,
  event_id text not null,
  case_id text not null, -- empty for what the hub says of the institution's endpoint
  referral_id text not null,
  content_type text not null,
  body bytea not null, -- ids and codes, never content
  offered_at timestamptz not null,
  again integer not null, -- how often it was offered anew after it had been acknowledged
  primary key (institution, place)
);

create unique index inbox_item_webhook on inbox_item (institution, webhook_id);
create index inbox_item_offered on inbox_item (offered_at);
