"""The words a customer is found by, kept by PostgreSQL itself. No extension is needed."""

from django.db import migrations

_FOLDED = r"""
lower(regexp_replace(normalize(replace(replace(
    first_name || ' ' || last_name || ' ' || reference || ' ' || email, 'œ', 'oe'), 'Œ', 'oe'), NFKD),
    '[\u0300-\u036f]', '', 'g'))
"""
_SEPARATORS = r"""[\s\-''’.,;:_/+()@]+"""
_ADD = f"""
ALTER TABLE customers_customer ADD COLUMN search tsvector GENERATED ALWAYS AS (array_to_tsvector(array_remove(
    regexp_split_to_array({_FOLDED}, '{_SEPARATORS}')
    || lower(regexp_replace(normalize(email, NFKD), '[\\u0300-\\u036f]', '', 'g'))
    || regexp_replace(phone, '[^0-9]', '', 'g')
    || right(regexp_replace(phone, '[^0-9]', '', 'g'), 9), ''))) STORED;
CREATE INDEX customers_search ON customers_customer USING gin (search);
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [
        migrations.RunSQL(
            _ADD,
            "DROP INDEX customers_search; ALTER TABLE customers_customer DROP COLUMN search",
        )
    ]
