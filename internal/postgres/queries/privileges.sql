-- What the account may do that the service's account must not: be superuser; own a table or
-- take on its owner's role, or retention's; change or empty what stands. Rotation wraps keys
-- anew, erasure deletes them, and sessions of the console come and go: nothing else.
SELECT current_setting('is_superuser') = 'on',
       pg_has_role('register_retention', 'MEMBER')
    OR EXISTS (
       SELECT FROM pg_class c
       WHERE c.relnamespace = 'register'::regnamespace AND c.relkind = 'r'
         AND (pg_has_role(c.relowner, 'MEMBER')
           OR has_table_privilege(c.oid, 'UPDATE, TRUNCATE')
           OR c.relname NOT IN ('record_key', 'console_session') AND has_table_privilege(c.oid, 'DELETE')
           OR c.relname NOT IN ('record_key', 'console_session', 'entry_body') AND has_any_column_privilege(c.oid, 'UPDATE')))
