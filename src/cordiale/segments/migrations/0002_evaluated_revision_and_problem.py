from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("segments", "0001_initial")]

    operations = [
        migrations.AddField("segment", "evaluated_revision", models.PositiveIntegerField(null=True)),
        migrations.AddField("segment", "problem", models.TextField(blank=True, default=""), preserve_default=False),
    ]
