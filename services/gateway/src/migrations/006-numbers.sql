-- Numbers by which institutions name referrals: the requester's own (PLAC) and the performer's own (FILL).
create table referral_number (
  institution text not null,
  kind text not null,
  number text not null,
  referral_id text not null,
  primary key (institution, kind, number, referral_id)
);

insert into referral_number
select requester, 'PLAC', placer_number, referral_id from referral where placer_number <> '';
