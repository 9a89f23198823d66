from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0001_initial")]

    operations = [
        migrations.RemoveField("chunk", "lease_until"),
        migrations.RemoveField("chunk", "leased_by"),
        migrations.AddField("chunk", "leased_by", models.IntegerField(null=True)),
        migrations.AddIndex(
            "chunk", models.Index(fields=["id"], condition=models.Q(finished_at=None), name="chunk_unfinished")
        ),
        migrations.CreateModel(
            "Flush",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("done", models.BigIntegerField(default=0)),
                ("until", models.BigIntegerField(default=0)),
            ],
        ),
    ]
