-- The directory as its one writer knows it. `revision` has one row: who holds it decides alone.
create table :schema.revision (
  single boolean primary key default true check (single),
  number bigint not null
);
insert into :schema.revision (number) values (0);

-- The last record of each entry, in order of first appearance.
create table :schema.entry (
  ordinal bigint generated always as identity,
  kind text not null,
  id text not null,
  record bytea not null,
  primary key (kind, id)
);

-- Signed requests that were executed, kept longer than a signature is taken for, so that none is executed twice.
create table :schema.act (
  signature bytea primary key,
  at timestamptz not null
);
create index act_at on :schema.act (at);
