"""What each source said; merged, restricted and erased customers.

The old search column goes first: PostgreSQL alters no column that a generated one is made of.
"""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_search")]
    operations = [
        migrations.RunSQL("ALTER TABLE customers_customer DROP COLUMN search", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, max_length=80)),
                ("at", models.DateTimeField()),
                ("certainty", models.FloatField(default=1.0)),
                ("standing", models.CharField(default="normal", max_length=6)),
                ("values", models.JSONField()),
                ("received_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Word",
            fields=[
                ("word", models.CharField(db_collation="C", max_length=161, primary_key=True, serialize=False)),
            ],
        ),
        migrations.AlterModelOptions(
            name="customer",
            options={"base_manager_name": "everyone"},
        ),
        migrations.AlterModelManagers(
            name="customer",
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("everyone", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name="customer",
            name="erased_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="customer",
            name="merged_into",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="customers.customer",
            ),
        ),
        migrations.AddField(
            model_name="customer",
            name="restricted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="customer",
            name="email",
            field=models.EmailField(blank=True, db_collation="C", max_length=254),
        ),
        migrations.AlterField(
            model_name="customer",
            name="phone",
            field=models.CharField(blank=True, db_collation="C", max_length=32),
        ),
        migrations.AlterField(
            model_name="customer",
            name="reference",
            field=models.CharField(db_collation="C", max_length=64),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["phone"], name="customers_phone"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)), fields=["merged_into"], name="customers_merged"
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(fields=("reference",), name="customer_reference_is_unique"),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("erased_at__isnull", True), ("merged_into", models.F("id")), _connector="OR"),
                name="erased_customer_is_hidden",
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="submissions", to="customers.customer"
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["source"], name="customers_submission_source"),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(("standing__in", ("fill", "normal", "own"))), name="submission_has_a_known_standing"
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(("certainty__gte", 0), ("certainty__lte", 1)), name="submission_certainty_is_a_share"
            ),
        ),
    ]
