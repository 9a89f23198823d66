from django.db import migrations

REFUSE = """
create function consent_ledger_is_immutable() returns trigger language plpgsql as $$
begin
    raise exception 'the consent ledger is immutable: record a new statement instead';
end $$;
create trigger consent_ledger_is_immutable before update or delete on consent_consentproof
    for each row execute function consent_ledger_is_immutable();
"""
ALLOW = "drop trigger consent_ledger_is_immutable on consent_consentproof; drop function consent_ledger_is_immutable();"


class Migration(migrations.Migration):
    """Lines of the ledger can be added, never changed or deleted."""

    dependencies = [("consent", "0001_initial")]

    operations = [
        migrations.RemoveField("opposition", "until"),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
