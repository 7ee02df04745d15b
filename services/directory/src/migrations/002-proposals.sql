-- Versions of roadmaps that wait for a second person; gone when one approves them, or with the next proposal after 30 days.
create table :schema.proposal (
  roadmap text not null,
  version integer not null,
  text text not null,
  sha256 text not null,
  staff text not null,
  public_key bytea not null,
  reason text not null,
  at timestamptz not null,
  primary key (roadmap, version)
);
