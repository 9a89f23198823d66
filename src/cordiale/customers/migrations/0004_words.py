"""Who is found by a name: the words of the name, folded, in an index; and what the existing customers are made of."""

from django.db import migrations, utils

from cordiale.errors import CordialeError

_FOLD = r"""
lower(regexp_replace(normalize(replace(replace(first_name || ' ' || last_name, 'œ', 'oe'), 'Œ', 'oe'), NFKD),
    '[\u0300-\u036f]', '', 'g'))
"""
_WORDS = rf"""
CREATE FUNCTION customers_words(first_name text, last_name text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT array_to_tsvector(array_remove(regexp_split_to_array({_FOLD}, '[\s\-''’.,;:_/+()@]+'), '')) $$;
CREATE INDEX customers_words ON customers_customer USING gin (customers_words(first_name, last_name));
CREATE INDEX customers_word_similar ON customers_word USING gin (word gin_trgm_ops);
INSERT INTO customers_word
SELECT word FROM ts_stat('SELECT customers_words(first_name, last_name) FROM customers_customer') ON CONFLICT DO NOTHING;
"""
# What was known before submissions were kept becomes one submission an origin.
_PAST = """
INSERT INTO customers_submission (customer_id, source, at, certainty, standing, "values", received_at)
SELECT id, source, at, 1, 'normal', jsonb_object_agg(field, value), updated_at
FROM (
    SELECT c.id, c.updated_at, one.field, one.value, coalesce(one.origin ->> 'source', '') AS source,
        CASE WHEN pg_input_is_valid(one.origin ->> 'at', 'timestamptz') THEN (one.origin ->> 'at')::timestamptz
            ELSE c.created_at END AS at
    FROM customers_customer c CROSS JOIN LATERAL (
        SELECT key AS field, value, c.sources -> key AS origin
        FROM jsonb_each_text(jsonb_build_object('first_name', first_name, 'last_name', last_name, 'email', email,
            'phone', phone, 'birth_on', birth_on, 'street', street, 'postcode', postcode, 'city', city,
            'country', country, 'language', language, 'timezone', timezone)) AS text(key, plain)
        CROSS JOIN LATERAL (SELECT to_jsonb(plain) AS value) AS json
        WHERE plain <> ''
        UNION ALL
        SELECT key, value, c.sources -> ('declared.' || key) FROM jsonb_each(c.declared)
    ) AS one
) AS said
GROUP BY id, updated_at, source, at
"""


def create_trigrams(apps: object, editor: object) -> None:
    """Let PostgreSQL compare words by their groups of three letters."""
    try:
        editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")  # type: ignore[attr-defined]
    except utils.DatabaseError as error:
        raise CordialeError(
            "PostgreSQL refuses the extension pg_trgm, which searches need; install its contrib package and let an "
            f"administrator run  CREATE EXTENSION pg_trgm;  in this database ({str(error).strip()})"
        ) from error


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_submissions")]
    operations = [
        migrations.RunPython(create_trigrams, migrations.RunPython.noop),
        migrations.RunSQL(
            _WORDS, "DROP INDEX customers_words; DROP FUNCTION customers_words; DROP INDEX customers_word_similar"
        ),
        migrations.RunSQL(_PAST, "DELETE FROM customers_submission"),
    ]
