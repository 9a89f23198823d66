"""The statements on PostgreSQL. Each tells what was known at `now`: a report of a past instant can be repeated."""

from __future__ import annotations

ENROLLED = """
select count(*), count(distinct e.customer_id) from programmes_enrolment e
where e.programme_id = %(programme_id)s and e.entered_at <= %(now)s
"""

EXITED = """
select e.exit_reason, count(*) from programmes_enrolment e
where e.programme_id = %(programme_id)s and e.exited_at <= %(now)s group by 1 order by 1
"""

PROPOSED = "select count(*) from decisions_proposal where programme = %(programme)s and proposed_at <= %(now)s"

ANSWERS = """
select verdict, rule, count(*) from (
  select distinct on (d.proposal_id) d.verdict, d.rule
  from decisions_decision d join decisions_proposal p on p.id = d.proposal_id
  where p.programme = %(programme)s and d.at <= %(now)s
  order by d.proposal_id, d.at desc, d.id desc
) latest group by 1, 2 order by 1, 2
"""
"""The latest answer of each proposal: every proposal counts once, however often it was postponed before."""

LEFT = """
select m.channel, count(*) filter (where o.kind = 'handed_over'), count(*) filter (where o.kind = 'unknown')
from deliveries_outcome o join deliveries_message m on m.id = o.message_id
where m.programme = %(programme)s and o.at <= %(now)s and o.kind in ('handed_over', 'unknown')
group by 1 order by 1
"""
"""Messages that left us, by channel. A message has at most one of these outcomes."""

UNSUBSCRIBED = """
with left_us as (
  select m.id, m.customer_id from deliveries_outcome o join deliveries_message m on m.id = o.message_id
  where m.programme = %(programme)s and o.at <= %(now)s and o.kind in ('handed_over', 'unknown')
)
select count(*), count(distinct l.customer_id),
       count(u.message_id), count(distinct l.customer_id) filter (where u.message_id is not null)
from left_us l left join (
  select distinct o.message_id from deliveries_outcome o join deliveries_message m on m.id = o.message_id
  where m.programme = %(programme)s and o.kind = 'unsubscribed' and o.at <= %(now)s
) u on u.message_id = l.id
"""
"""Messages and customers reached, and those among them that ended in unsubscribing: a part of its whole."""

UNITS = """
select distinct on (p.customer_id) p.customer_id, d.at as anchor_at, d.verdict = 'sent' as treated, e.version_id
from decisions_decision d
join decisions_proposal p on p.id = d.proposal_id
join programmes_enrolment e on e.id = p.enrolment_id
join customers_customer c on c.id = p.customer_id and (c.merged_into_id is null or c.merged_into_id = c.id)
where p.programme = %(programme)s and d.at <= %(now)s
  and (d.verdict = 'sent' or (d.verdict = 'refused' and d.rule = 'control'))
order by p.customer_id, d.at, d.id
"""
"""The customers compared: each once, at the first instant this programme decided to contact them. Until that instant
both groups have met exactly the same rules; everything after it is part of what is measured. Who was merged into
another is left out: what they bought since is read as the other's."""

UNITS_AS_LINES = f"""
select string_agg(line, E'\\n') from (
  select concat_ws(',', customer_id, (extract(epoch from anchor_at) * 1000000)::bigint, treated, version_id) as line,
         row_number() over () / 10000 as block
  from ({UNITS}) u
) lines group by block
"""
"""`UNITS` as CSV, ten thousand customers a row: a stream of single rows costs the driver more than the query does."""

MESSAGES_IN_WINDOWS = f"""
select m.channel, count(*) from ({UNITS}) u
join deliveries_message m on m.customer_id = u.customer_id and m.programme = %(programme)s
join deliveries_outcome o on o.message_id = m.id and o.kind in ('handed_over', 'unknown')
where u.treated and u.version_id = any(%(versions)s) and u.anchor_at + %(window)s <= %(known_until)s
  and o.at >= u.anchor_at and o.at < u.anchor_at + %(window)s
group by 1 order by 1
"""
"""Messages that left within the windows that are compared, by channel."""

CONTACTED = """
select count(*) filter (where o.at >= %(middle)s), count(distinct m.customer_id) filter (where o.at >= %(middle)s),
       count(*) filter (where o.at < %(middle)s), count(distinct m.customer_id) filter (where o.at < %(middle)s)
from deliveries_outcome o join deliveries_message m on m.id = o.message_id
where o.kind = 'handed_over' and o.at >= %(start)s and o.at < %(end)s
"""
"""Messages handed over and customers contacted, in a period and in the one before."""

REACHABLE = """
select count(*), count(*) filter (where {address} <> '' and granted.customer_id is not null and opposition.id is null)
from customers_customer customer
left join (
  select distinct customer_id from consent_consent where channel = %(channel)s and state = 'granted'
) granted on granted.customer_id = customer.id
left join consent_opposition opposition on opposition.channel = %(channel)s and granted.customer_id is not null
     and opposition.address_hash = {hash}
where customer.merged_into_id is null
"""
"""All customers, and those with an address and a consent for at least one purpose who are on no opposition list."""
