"""The engine's statements: one moves everyone who stands before a step."""

from __future__ import annotations

from cordiale.ids import SHARE_SQL

_SHARE = SHARE_SQL.format(salt="%(salt)s::text", column="{customer}.customer_id::text")

MEMBERS = """
select m.customer_id from segments_membership m join segments_segment s on s.id = m.segment_id
where s.name = %(segment)s and m.left_at is null
"""

ENTERED = """
select m.customer_id from segments_membership m join segments_segment s on s.id = m.segment_id
where s.name = %(segment)s and m.entered_at > %(since)s and m.entered_at <= %(now)s
"""

LEFT = """
select m.customer_id from segments_membership m join segments_segment s on s.id = m.segment_id
where s.name = %(segment)s and m.left_at > %(since)s and m.left_at <= %(now)s
"""

ZONES = "select distinct timezone from customers_customer where birth_on is not null and merged_into_id is null"

BORN_ON = """
select c.id from customers_customer c
join unnest(%(zones)s::text[], %(months)s::int[], %(days)s::int[]) as d(zone, month, day) on d.zone = c.timezone
where extract(month from c.birth_on) = d.month and extract(day from c.birth_on) = d.day
  and c.merged_into_id is null and c.restricted_at is null
"""

ENROL = """
with asked as (select distinct customer_id from unnest(%(customers)s::bigint[]) as u(customer_id)),
known_as as (
  select customer_id, customer_id as number from asked
  union all
  select asked.customer_id, m.id from asked join customers_customer m on m.merged_into_id = asked.customer_id
), past as (
  select k.customer_id, max(e.occurrence) as walks, max(e.entered_at) as last_entry,
         bool_or(e.exited_at is null) as inside
  from programmes_enrolment e join known_as k on k.number = e.customer_id
  where e.programme_id = %(programme)s group by k.customer_id
)
insert into programmes_enrolment (programme_id, version_id, customer_id, occurrence, is_control, entered_at, step,
                                  arrived_at, due_at, exit_reason)
select %(programme)s, %(version)s, a.customer_id, coalesce(p.walks, 0) + 1, {share} < %(control)s, %(now)s, %(step)s,
       %(now)s, %(due)s, ''
from asked a
join customers_customer c on c.id = a.customer_id and c.merged_into_id is null and c.restricted_at is null
left join past p on p.customer_id = a.customer_id
where (p.walks is null or (%(again)s and not p.inside and p.last_entry <= %(last_entry_until)s))
  and exists (select from segments_membership m join segments_segment s on s.id = m.segment_id
              where s.name = %(panel)s and m.customer_id = a.customer_id and m.left_at is null)
  and not exists (select from segments_membership m join segments_segment s on s.id = m.segment_id
                  where s.name = any(%(excluded)s) and m.customer_id = a.customer_id and m.left_at is null)
order by a.customer_id
on conflict do nothing
returning is_control
""".format(share=_SHARE.format(customer="a"))
"""Who was triggered enters: in the panel, not excluded, not inside already, and again only as re-entry allows. The
control group is drawn by the programme's salt, so a customer is always on the same side of one programme. Walks of
customers merged into one count as his own: a merge lets nobody enter twice."""

MOVE = """
with moved as (
  update programmes_enrolment e
  set step = coalesce(%(next)s, e.step), arrived_at = %(now)s, due_at = %(due)s,
      exited_at = %(exited_at)s, exit_reason = %(reason)s
  where e.version_id = %(version)s and e.step = %(step)s and e.exited_at is null and ({who})
  returning e.id, e.customer_id, e.occurrence, e.is_control
), passed as (
  insert into programmes_passage (enrolment_id, step, way, at)
  select id, %(step)s, %(way)s, %(now)s from moved on conflict do nothing
)
select id, customer_id, occurrence, is_control from moved order by id
"""
"""Everyone before one step leaves it by one way. `who` is one of the conditions below."""

WHO_IS_DUE = "e.due_at <= %(now)s"
WHO_IS_NAMED = "e.id = any(%(walks)s)"
WHO_HAS_SHARE = "e.due_at <= %(now)s and {share} >= %(low)s and {share} < %(high)s".format(
    share=_SHARE.format(customer="e")
)

LEAVE_PANEL = """
update programmes_enrolment e set due_at = null, exited_at = %(now)s, exit_reason = 'left-panel'
where e.version_id = %(version)s and e.exited_at is null
  and not exists (select from segments_membership m join segments_segment s on s.id = m.segment_id
                  where s.name = %(panel)s and m.customer_id = e.customer_id and m.left_at is null)
returning e.id
"""

STANDING = """
select e.id, e.customer_id, e.entered_at, e.arrived_at, e.due_at from programmes_enrolment e
where e.version_id = %(version)s and e.step = %(step)s and e.exited_at is null and ({who}) order by e.id
"""

WHO_STANDS = "true"

SHIFT = """
update programmes_enrolment set due_at = due_at + (%(now)s - %(paused_at)s::timestamptz)
where programme_id = %(programme)s and exited_at is null
"""
"""After a pause everybody waits on for what was left of their wait: nobody fires because time went by."""
