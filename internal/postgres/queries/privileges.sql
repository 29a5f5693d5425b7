-- What the account may do that the service's account must not.
SELECT current_setting('is_superuser') = 'on',
       has_table_privilege('register.entry', 'UPDATE, DELETE, TRUNCATE')
    OR has_table_privilege('register.version', 'UPDATE, DELETE, TRUNCATE')
    OR has_table_privilege('register.tile', 'UPDATE, DELETE, TRUNCATE')
    OR has_table_privilege('register.checkpoint', 'UPDATE, DELETE, TRUNCATE')
    OR has_table_privilege('register.witnessed_checkpoint', 'UPDATE, DELETE, TRUNCATE')
