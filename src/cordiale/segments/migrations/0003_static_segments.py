import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial"), ("segments", "0002_evaluated_revision_and_problem")]

    operations = [
        migrations.AddField("segment", "is_static", models.BooleanField(default=False)),
        migrations.CreateModel(
            name="Listing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=120)),
                ("source", models.CharField(max_length=200)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="listings", to="segments.segment"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("segment", "customer"), name="listing_once")],
            },
        ),
    ]
