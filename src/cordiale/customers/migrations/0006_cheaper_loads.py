"""What every load paid for and nothing used: an index on `updated_at`; a look at the customer for each submission.

Submissions are written by `cordiale.customers` alone, in the transaction that has just created or locked their
customer, and a customer's row is only ever deleted together with them: PostgreSQL's check found nothing and cost a
fifth of a load.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_quicker_words")]
    operations = [
        migrations.AlterField("customer", "updated_at", models.DateTimeField()),
        migrations.AlterField(
            "submission",
            "customer",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="submissions",
                to="customers.customer",
            ),
        ),
    ]
