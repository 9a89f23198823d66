from django.db import migrations

BLANKING = """
create or replace function consent_ledger_is_immutable() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_setting('cordiale.erasing', true) = 'on'
        and new.ip_address is null and new.user_agent = '' and new.form_url = ''
        and (old.id, old.customer_id, old.purpose_id, old.channel, old.state, old.at, old.source, old.wording,
             old.wording_version, old.language)
            is not distinct from
            (new.id, new.customer_id, new.purpose_id, new.channel, new.state, new.at, new.source, new.wording,
             new.wording_version, new.language)
    then
        return new;
    end if;
    raise exception 'the consent ledger is immutable: record a new statement instead';
end $$;
"""
IMMUTABLE = """
create or replace function consent_ledger_is_immutable() returns trigger language plpgsql as $$
begin
    raise exception 'the consent ledger is immutable: record a new statement instead';
end $$;
"""


class Migration(migrations.Migration):
    """An erasure may blank the address, browser and form of a line, and nothing else of it."""

    dependencies = [("consent", "0002_immutable_ledger")]
    operations = [migrations.RunSQL(BLANKING, IMMUTABLE)]
