"""Less to write for each customer: submissions are kept by customer in one index instead of two, and only customers that
are merged are looked at for whom they were merged into.

PostgreSQL's own foreign key put a check of every new row on a list and went through it at each commit, though nobody is
merged when he is written first.
"""

import django.db.models.deletion
from django.db import migrations, models

_KEY = """
ALTER TABLE customers_submission DROP CONSTRAINT customers_submission_pkey, ADD PRIMARY KEY (customer_id, id);
DROP INDEX IF EXISTS customers_submission_customer_id_2124fbef;
"""
_UNKEY = """
ALTER TABLE customers_submission DROP CONSTRAINT customers_submission_pkey, ADD PRIMARY KEY (id);
CREATE INDEX customers_submission_customer_id_2124fbef ON customers_submission (customer_id);
"""
_MERGED = """
CREATE FUNCTION customers_merged_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM customers_customer WHERE id = NEW.merged_into_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = format('customer %s is merged into nobody', NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER customers_merged_is_there AFTER INSERT OR UPDATE OF merged_into_id ON customers_customer
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL)
EXECUTE FUNCTION customers_merged_is_there();
CREATE FUNCTION customers_merged_are_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM customers_customer WHERE merged_into_id = OLD.id) THEN
        RAISE foreign_key_violation USING MESSAGE = format('others are merged into customer %s', OLD.id);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER customers_merged_are_gone AFTER DELETE ON customers_customer
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION customers_merged_are_gone();
"""
_UNMERGED = "DROP FUNCTION customers_merged_is_there CASCADE; DROP FUNCTION customers_merged_are_gone CASCADE"


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_cheaper_loads")]
    operations = [
        migrations.AlterField(
            "customer",
            "merged_into",
            models.ForeignKey(
                "customers.customer", null=True, db_constraint=False, db_index=False, related_name="merged",
                on_delete=django.db.models.deletion.PROTECT,
            ),
        ),
        migrations.RunSQL(_MERGED, _UNMERGED),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_KEY, _UNKEY)],
            state_operations=[
                migrations.DeleteModel("Submission"),
                migrations.CreateModel(
                    "Submission",
                    fields=[
                        ("pk", models.CompositePrimaryKey("customer_id", "id", blank=True, editable=False,
                                                          primary_key=True, serialize=False)),
                        ("id", models.BigIntegerField()),
                        ("customer", models.ForeignKey(
                            "customers.customer", db_constraint=False, db_index=False, related_name="submissions",
                            on_delete=django.db.models.deletion.CASCADE)),
                        ("source", models.CharField(max_length=80, blank=True)),
                        ("at", models.DateTimeField()),
                        ("certainty", models.FloatField(default=1.0)),
                        ("standing", models.CharField(default="normal", max_length=6)),
                        ("values", models.JSONField()),
                        ("received_at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [models.Index(fields=["source"], name="customers_submission_source")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("standing__in", ("fill", "normal", "own"))),
                                name="submission_has_a_known_standing",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("certainty__gte", 0), ("certainty__lte", 1)),
                                name="submission_certainty_is_a_share",
                            ),
                        ],
                    },
                ),
            ],
        ),
    ]  # fmt: skip
