"""The statements of a decision. Each is named by what it answers; the first *no* is the reason that is kept."""

from __future__ import annotations

CUSTOMERS_WITH_DUE = """
select distinct customer_id from decisions_proposal
where is_open and not_before <= %(now)s and customer_id > %(after)s and programme <> all(%(held)s)
order by customer_id limit %(size)s
"""
"""The next customers with something to decide. All proposals of one customer are decided together."""

GATHER = """
create temporary table decision_due on commit drop as
with locked as (
  select * from decisions_proposal
  where is_open and not_before <= %(now)s and customer_id = any(%(customers)s) and programme <> all(%(held)s)
  for update
)
select p.id, p.customer_id, p.programme, p.step, p.channel, p.purpose, p.template, p.is_control, p.limits, p.expires_at,
       c.timezone, c.country,
       row_number() over (partition by p.customer_id order by p.priority desc, p.proposed_at, p.id) as turn,
       ''::text as verdict, ''::text as rule, '{}'::jsonb as seen, null::timestamptz as not_before
from locked p join customers_customer c on c.id = p.customer_id
"""
"""What is due, locked, each customer's proposals in their turn: the highest priority first, then the oldest."""

GATES = """
with standings as (
  select * from unnest(%(standing_customers)s::bigint[], %(standing_purposes)s::text[], %(standing_channels)s::text[],
                       %(standings)s::text[]) as s(customer_id, purpose, channel, standing)
), zones as (
  select * from unnest(%(zones)s::text[], %(zone_channels)s::text[], %(zone_known)s::bool[], %(zone_times)s::text[],
                       %(quiet_untils)s::timestamptz[]) as z(zone, channel, is_known, local_time, quiet_until)
), laws as (
  select * from unnest(%(law_countries)s::text[], %(law_channels)s::text[], %(consent_laws)s::text[],
                       %(objection_laws)s::text[]) as l(country, channel, consent_law, objection_law)
), judged as (
  select d.id, z.quiet_until,
         case when d.expires_at <= %(now)s then 'expired'
              when s.standing in ('merged', 'restricted') then s.standing
              when s.standing in ('not-granted', 'withdrawn') then 'consent'
              when s.standing = 'opposed' then 'opposition'
              when s.standing is distinct from 'allowed' then 'no-address'
              when not z.is_known then 'zone'
              when z.quiet_until is not null then 'quiet-hours'
              else '' end as rule,
         jsonb_strip_nulls(jsonb_build_object(
           'channel', d.channel, 'purpose', d.purpose, 'zone', d.timezone, 'local_time', z.local_time,
           'consent', coalesce(c.state, 'none'), 'consent_since', c.since, 'expires_at', d.expires_at,
           'law', case when s.standing in ('not-granted', 'withdrawn') then l.consent_law
                       when s.standing = 'opposed' then l.objection_law end)) as seen
  from decision_due d
  left join standings s using (customer_id, purpose, channel)
  left join zones z on z.zone = d.timezone and z.channel = d.channel
  left join laws l on l.country = d.country and l.channel = d.channel
  left join consent_consent c on c.customer_id = d.customer_id and c.purpose_id = d.purpose and c.channel = d.channel
)
update decision_due d
set rule = j.rule, seen = j.seen,
    not_before = case when j.rule = 'quiet-hours' and j.quiet_until < d.expires_at then j.quiet_until end,
    verdict = case when j.rule = '' then ''
                   when j.rule = 'quiet-hours' and j.quiet_until < d.expires_at then 'postponed' else 'refused' end
from judged j where j.id = d.id
"""
"""May we: everything that concerns one proposal alone."""

PRESSURE = """
with plan as (
  select * from unnest(%(ids)s::text[], %(channels)s::text[], %(purposes)s::text[], %(most)s::int[],
                       %(windows)s::bigint[]) with ordinality as r(rule, channel, purpose, most, seconds, place)
), asked as (
  select d.id, d.customer_id, r.rule, r.channel, r.purpose, r.most, r.seconds, r.place
  from decision_due d cross join plan r
  where d.turn = %(turn)s and d.verdict = ''
    and r.channel in ('', d.channel) and r.purpose in ('', d.purpose)
  union all
  select d.id, d.customer_id, 'own.' || r.id, r.channel, r.purpose, r.max, r."window", 1000
  from decision_due d
  cross join lateral jsonb_to_recordset(d.limits) as r(id text, channel text, purpose text, max int, "window" bigint)
  where d.turn = %(turn)s and d.verdict = ''
    and r.channel in ('', d.channel) and r.purpose in ('', d.purpose)
), counted as (
  select a.*, c.contacts, case when c.contacts >= a.most then c.frees_at end as frees_at
  from asked a cross join lateral (
    select count(*) as contacts,
           (array_agg(k.at order by k.at desc))[a.most] + make_interval(secs => a.seconds) as frees_at
    from decisions_contact k
    where k.customer_id = a.customer_id and k.at <= %(now)s and k.at > %(now)s - make_interval(secs => a.seconds)
      and a.channel in ('', k.channel) and a.purpose in ('', k.purpose)
  ) c
), judged as (
  select d.id, max(n.frees_at) as frees_at,
         (array_agg(n.rule order by n.frees_at desc, n.place, n.rule) filter (where n.frees_at is not null))[1] as rule,
         coalesce(jsonb_agg(jsonb_build_object('rule', n.rule, 'count', n.contacts, 'max', n.most, 'seconds', n.seconds,
                                               'frees_at', n.frees_at) order by n.place, n.rule)
                  filter (where n.rule is not null), '[]'::jsonb) as pressure
  from decision_due d left join counted n on n.id = d.id
  where d.turn = %(turn)s and d.verdict = '' group by d.id
)
update decision_due d
set rule = coalesce(j.rule, case when d.is_control then 'control' else 'allowed' end),
    seen = d.seen || jsonb_build_object('pressure', j.pressure),
    not_before = case when j.frees_at < d.expires_at then j.frees_at end,
    verdict = case when j.frees_at < d.expires_at then 'postponed'
                   when j.frees_at is not null or d.is_control then 'refused' else 'sent' end
from judged j where j.id = d.id
"""
"""Not too much, for one turn: contacts in the rolling window that ends now; a contact exactly one window old no longer
counts. A limit of n frees when the n-th latest contact leaves the window. Where several limits hold, the one that frees
last is the reason. Who passes everything is sent, or refused as `control`."""

CONTACTS = """
insert into decisions_contact (customer_id, at, channel, purpose, programme, is_ghost, proposal_id)
select customer_id, %(now)s, channel, purpose, programme, is_control, id
from decision_due where turn = %(turn)s and (verdict = 'sent' or rule = 'control')
on conflict do nothing
"""
"""What this turn sends counts for the next turn. A control customer's contact is a ghost."""

TURNS = "select distinct turn from decision_due where verdict = '' order by turn"

RECORD = """
insert into decisions_decision (proposal_id, at, verdict, rule, values)
select id, %(now)s, verdict, rule, seen || jsonb_strip_nulls(jsonb_build_object('until', not_before)) from decision_due
"""

CLOSE = """
update decisions_proposal p
set is_open = d.verdict = 'postponed', not_before = coalesce(d.not_before, p.not_before)
from decision_due d where d.id = p.id
"""

TO_PLAN = """
select id, customer_id, channel, purpose, programme, step, template from decision_due where verdict = 'sent' order by id
"""

COUNTS = "select programme, verdict, rule, count(*) from decision_due group by programme, verdict, rule"

PROPOSE = """
insert into decisions_proposal (programme, enrolment_id, step, occurrence, customer_id, channel, purpose, template,
                                priority, is_control, limits, proposed_at, expires_at, not_before, is_open)
select %(programme)s, r.enrolment_id, %(step)s, r.occurrence, r.customer_id, %(channel)s, %(purpose)s, %(template)s,
       %(priority)s, r.is_control, %(limits)s::jsonb, %(now)s, %(expires_at)s, %(now)s, true
from unnest(%(enrolments)s::bigint[], %(occurrences)s::int[], %(customers)s::bigint[], %(controls)s::bool[])
     as r(enrolment_id, occurrence, customer_id, is_control)
on conflict do nothing
"""

WITHDRAW = """
with closed as (
  update decisions_proposal set is_open = false
  where is_open and enrolment_id = any(%(enrolments)s) and proposed_at < %(now)s
  returning id
)
insert into decisions_decision (proposal_id, at, verdict, rule, values)
select id, %(now)s, 'refused', 'left', %(seen)s::jsonb from closed
"""
"""What walks that ended proposed earlier. What they proposed at this very instant is the scenario's last word."""

PAST_CONTACTS = """
insert into decisions_contact (customer_id, at, channel, purpose, programme, is_ghost)
select r.customer_id, r.at, r.channel, r.purpose, r.programme, false
from (select distinct * from unnest(%(customers)s::bigint[], %(instants)s::timestamptz[], %(channels)s::text[],
                                    %(purposes)s::text[], %(programmes)s::text[])
        as u(customer_id, at, channel, purpose, programme)) r
join customers_customer c on c.id = r.customer_id
where not exists (
  select from decisions_contact k
  where k.customer_id = r.customer_id and k.at = r.at and k.channel = r.channel and k.programme = r.programme
    and k.proposal_id is null)
"""
"""Contacts made before us, once each however often they are loaded."""
