from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_browsers_conflicts_merges")]
    operations = [
        migrations.AddIndex(
            "identity",
            models.Index(condition=models.Q(kind="reference"), fields=["customer_id"], name="identity_references"),
        ),
    ]
